"""Fixtures of the recruiters' tests: real servers on sockets, studies that recruit through them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_django

from tests.services.recruiters.mturk import HIT_ID, FakeMTurk
from tests.services.recruiters.prolific import SECRET, STUDY_ID, TOKEN, FakeProlific
from tests.webapp import made_up
from webapp.participants.models import Recruitment
from webapp.participants.recruiters import mturk as mturk_module
from webapp.participants.recruitments import recruitment_create
from webapp.studies.models import Study

CODES = {"completed": "C0MPLETE", "failed_checks": "FA1LED00", "no_consent": "N0C0NSNT"}


@pytest.fixture
def prolific(settings: pytest_django.Settings) -> Iterator[FakeProlific]:
    """Prolific's server, and the settings that lead to it."""
    with FakeProlific() as fake:
        settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN, settings.PROLIFIC_WEBHOOK_SECRET = fake.url, TOKEN, SECRET
        yield fake


@pytest.fixture
def mturk(settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMTurk]:
    """Mechanical Turk's server, and the settings that lead to it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-for-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-for-tests")
    mturk_module._client.cache_clear()
    with FakeMTurk() as fake:
        settings.MTURK_URL = fake.origin
        yield fake
    mturk_module._client.cache_clear()


def on_prolific(**changes: Any) -> Recruitment:
    """A recruitment on Prolific."""
    about = {"external_study_id": STUDY_ID, "reward": 195, "currency": "GBP", "completion_codes": CODES, **changes}
    return recruitment_create(recruiter="prolific", **about)


def on_mturk(**changes: Any) -> Recruitment:
    """A recruitment on Mechanical Turk."""
    return recruitment_create(recruiter="mturk", **{"external_study_id": HIT_ID, "reward": 195, **changes})


@pytest.fixture
def recruiting() -> Callable[[Recruitment], Study]:
    """A function that gives an open study with a recruitment."""

    def made(recruitment: Recruitment, **about: Any) -> Study:
        study = made_up.study()
        Study.objects.filter(id=study.id).update(recruitment=recruitment, **about)
        study.refresh_from_db()
        return study

    return made
