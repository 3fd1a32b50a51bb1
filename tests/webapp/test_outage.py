"""What everybody is told while database or queue are out of reach, and after it."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from experiments.contract.recipes import Exemplars
from tests.webapp import made_up
from tests.webapp.traces import paid_study, took_part
from webapp import compute
from webapp.stimuli.models import Job
from webapp.studies.erasure import sessions_erase
from webapp.studies.models import Session
from webapp.studies.results.requests import results_request

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
STUDY = "/p/00000000-0000-4000-8000-000000000000/"


@contextlib.contextmanager
def unreachable_database() -> Iterator[None]:
    """The connection leads to a port on which nobody listens."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is a file, which is always within reach")
    connection.close()
    with socket.socket() as reserved, pytest.MonkeyPatch.context() as patch:
        reserved.bind(("127.0.0.1", 0))
        patch.setitem(connection.settings_dict, "PORT", reserved.getsockname()[1])
        yield
    connection.close()


@pytest.mark.parametrize("path", [STUDY, f"{STUDY}session", "/api/v1/studies"])
def test_outage_of_the_database_is_a_503_that_says_when_to_come_again(path: str):
    client = Client(raise_request_exception=False)

    with unreachable_database():
        answer = client.get(path, headers={"authorization": "Token " + "a" * 64})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["remedy"]


def test_requests_work_again_when_the_database_is_back():
    client = Client(raise_request_exception=False)

    with unreachable_database():
        meanwhile = client.get(STUDY).status_code
    afterwards = client.get(STUDY).status_code

    assert (meanwhile, afterwards) == (503, 404)


@pytest.fixture
def unreachable_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue leads to a port on which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        for name in ("BROKER_URL", "RESULT_URL"):
            monkeypatch.setenv(name, f"redis://127.0.0.1:{reserved.getsockname()[1]}/0")
        compute.queue.cache_clear()
        yield
    compute.queue.cache_clear()


def test_stimulus_that_is_asked_for_without_a_queue_is_a_job_that_waits_for_it(unreachable_queue, researcher: Client):
    recipe = Exemplars(unit=made_up.UNITS[0])

    answers = [researcher.post("/api/v1/stimuli", recipe.as_json(), content_type="application/json") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["message"] == "the queue is out of reach or full"
    assert list(Job.objects.values_list("digest", "state", "attempts")) == [(recipe.digest, "queued", 1)]


def test_answers_are_erased_without_a_queue(unreachable_queue):
    study = paid_study()
    session = took_part(study)
    results_request(study)

    sessions_erase(Session.objects.filter(id=session.id))

    assert not Session.objects.exists()
    assert Job.objects.get(kind="analysis").state == "cancelled"


def test_results_are_shown_without_a_queue(unreachable_queue, researcher: Client):
    study = paid_study()
    took_part(study)

    assert researcher.get(f"/studies/{study.id}/results/").status_code == 200
