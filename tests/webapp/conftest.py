"""Fixtures of the web process's tests: a queue that keeps messages, a store of their own, a browser's stand-in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.webapp import made_up
from webapp.stimuli.selectors import store
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name


@pytest.fixture(autouse=True)
def own_store(settings: pytest_django.Settings, tmp_path: Path) -> Iterator[None]:
    """Each test has an artifact store of its own."""
    settings.ARTIFACT_URL = str(tmp_path / "artifacts")
    store.cache_clear()
    yield
    store.cache_clear()


@pytest.fixture
def own_zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for the models made here."""
    monkeypatch.setenv("ZOO_DIR", str(tmp_path / "zoo"))


@pytest.fixture
def browser() -> Callable[[Study], tuple[Client, Session]]:
    """A function that gives a client with a new session's cookie, past instructions and practice."""

    def opened(study: Study, **kwargs: Any) -> tuple[Client, Session]:
        session, token = made_up.session(study, **kwargs)
        client = Client()
        client.cookies[cookie_name(study.id)] = token
        return client, session

    return opened


@pytest.fixture
def researcher() -> Client:
    """Who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


@pytest.fixture
def reader() -> Client:
    """Staff who may look and may not have anything made."""
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_artifact"))
    client = Client()
    client.force_login(user)
    return client
