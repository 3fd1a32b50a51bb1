"""What everybody is told while database or queue are out of reach, and after it."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from experiments import jobs
from experiments.contract.recipes import Exemplars
from tests.services.processes import start_redis
from tests.webapp import made_up
from tests.webapp.traces import paid_study, took_part
from webapp import compute
from webapp.management import InputCommand
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import UNKNOWN
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

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["progress"]["doing"] == UNKNOWN
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


def test_study_is_watched_and_paused_without_a_queue(unreachable_queue, researcher: Client):
    study = made_up.study()
    results_request(study)
    page = f"/studies/{study.id}/operations/"

    shown = researcher.get(page)
    researcher.post(page, {"action": "pause"})

    study.refresh_from_db()
    assert shown.status_code == 200
    assert UNKNOWN in shown.content.decode()
    assert study.state == "paused"


class Command(InputCommand):
    """Needs the queue at once."""

    def run(self, options: dict[str, Any]) -> None:
        compute.check_broker()


def test_command_that_needs_the_queue_says_in_one_line_that_it_is_away(unreachable_queue, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        call_command(Command())

    said = capsys.readouterr().err
    assert said.startswith("queue: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("program", ["run_start", "circuit_create"])
def test_work_that_is_ordered_without_a_queue_waits_for_it(unreachable_queue, program: str, caplog: pytest.LogCaptureFixture):
    order = {"run_start": ["zimmermann2021_clica", "--preset", "smoke"], "circuit_create": ["--unit", made_up.UNITS[0]]}

    call_command(program, *order[program])

    assert Job.objects.get().state == "queued"
    assert [record for record in caplog.records if record.exc_info] == []


def test_task_is_sent_while_only_the_results_are_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    server = start_redis(tmp_path)
    monkeypatch.setenv("RESULT_URL", server.url)
    compute.queue.cache_clear()
    try:
        compute.check_results()
        compute.look_after()
        server.stop()

        compute.look_after()

        assert compute.waiting(jobs.WEB_QUEUE) >= 2
        with pytest.raises(compute.OUTAGES):
            compute.check_results()
    finally:
        server.stop()
        compute.queue().control.purge()
        compute.queue.cache_clear()
