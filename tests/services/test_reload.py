"""A new version while people answer: gunicorn is told to reload, again and again, and nobody notices."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.services import processes
from tests.services.processes import Running

pytestmark = pytest.mark.integration
PEOPLE, TRIALS, RELOADS = 4, 40, 2
CSRF, TOKEN = "b" * 32, "the-token-of-the-metrics"
PREPARE = f"""
import json
from tests.webapp import made_up
from webapp.studies.participant.api import cookie_name
study = made_up.study(main_trials={TRIALS}, catch_trials=0, practice_obvious=0, practice_other=0)
sessions = [made_up.session(study) for _ in range({PEOPLE})]
study.sessions.update(instruction_time=1.0, practice_passed=True)
trials = lambda session: session.trials.filter(attempt=0, kind="main").order_by("position").values_list("id", flat=True)
people = [{{"token": token, "trials": [str(one) for one in trials(session)]}} for session, token in sessions]
print(json.dumps({{"url": f"/p/{{study.id}}/", "cookie": cookie_name(study.id), "answer": made_up.answer(), "people": people}}))
"""
COUNT = "from webapp.studies.models import Response; print(Response.objects.count())"


@pytest.fixture
def web(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[tuple[Running, dict[str, str]]]:
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{tmp_path}/queue", "RESULT_URL": f"file://{tmp_path}/results"}
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": new_database(), "ARTIFACT_URL": f"{tmp_path}/artifacts", **queue}
    env |= {"METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": f"{tmp_path}/metrics"}
    running = processes.start_web(tmp_path, env=env, workers=2)
    yield running, env
    running.stop()


def test_reload_while_people_answer_loses_no_request(web: tuple[Running, dict[str, str]]) -> None:
    running, env = web
    prepared = json.loads(processes.run_manage("shell", "--no-imports", "--command", PREPARE, env=env).splitlines()[-1])
    statuses: list[int | str] = []
    people = [
        threading.Thread(target=_answer_all, args=(running.url, prepared, person, statuses)) for person in prepared["people"]
    ]

    for person in people:
        person.start()
    before = _workers(running)
    for _ in range(RELOADS):
        _wait(lambda: len(statuses) % 20 > 10 or not any(person.is_alive() for person in people))
        os.kill(running.process.pid, signal.SIGHUP)
        time.sleep(1)
    for person in people:
        person.join()

    assert set(statuses) == {200}
    assert len(statuses) == PEOPLE * TRIALS
    _wait(lambda: not before & _workers(running))
    # The processes that are gone counted, too.
    metrics = httpx.get(f"{running.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).text
    assert f'_request_seconds_count{{status="200",view="participant:answer"}} {float(PEOPLE * TRIALS)}' in metrics
    assert processes.run_manage("shell", "--no-imports", "--command", COUNT, env=env).strip() == str(PEOPLE * TRIALS)


def _answer_all(url: str, prepared: dict, person: dict, statuses: list[int | str]) -> None:
    """Each answer on a connection of its own, as a proxy opens them, and never sent again."""
    headers = {"Cookie": f"{prepared['cookie']}={person['token']}; csrftoken={CSRF}", "X-CSRFToken": CSRF, "Connection": "close"}
    for trial in person["trials"]:
        try:
            body = prepared["answer"] | {"key": trial}
            statuses.append(
                httpx.put(f"{url}{prepared['url']}trials/{trial}/answer", json=body, headers=headers, timeout=60).status_code
            )
        except httpx.HTTPError as error:
            statuses.append(repr(error))
        time.sleep(0.02)


def _workers(running: Running) -> set[str]:
    return set(Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split())


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
