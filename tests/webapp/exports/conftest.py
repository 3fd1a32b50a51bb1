"""What the tests of exports share: a study with answers of several kinds of session, and a researcher's client."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from tests.webapp import made_up
from webapp.studies.models import Response, Session, Study

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(study: Study, *, kind: str = "live", **changes: Any) -> Session:
    """A session with an answer to each main trial, one a minute."""
    session, _ = made_up.session(study, kind=kind)
    for minute, trial in enumerate(session.trials.filter(kind="main").order_by("position")):
        values = {**made_up.answer(), "correct": trial.correct_choice == "upper", **changes}
        Response.objects.create(trial=trial, answered_at=BEGAN + timedelta(minutes=minute), **values)
    return session


@pytest.fixture
def study() -> Study:
    """Two sessions of people, one of a pilot, of four answers each."""
    made = made_up.study()
    for kind in ("live", "live", "pilot"):
        answered(made, kind=kind)
    return made


@pytest.fixture
def client_of() -> Callable[..., APIClient]:
    """A function that gives a client of a researcher with some permissions."""

    def made(*permissions: str) -> APIClient:
        user = User.objects.create_user(f"researcher{User.objects.count()}", is_staff=True)
        names = ("view_study", "view_response", *permissions)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = APIClient()
        client.force_login(user)
        return client

    return made


@pytest.fixture
def api(client_of: Callable[..., APIClient]) -> APIClient:
    """Of somebody who may read responses."""
    return client_of()
