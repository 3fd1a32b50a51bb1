"""What real processes log of a person's session, of errors and of jobs: everything that operators need and not one id."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from experiments.methods.participant_link import Page
from tests.services.deployment import WAIT_SECONDS, Deployment

pytestmark = pytest.mark.integration
PERSON, RECRUITERS_ID, AGENT = "5f0c1b2a3d4e5f6071829304", "alice-in-person", "Mozilla/5.0 (a browser of somebody's own)"
FORWARDED = "203.0.113.77"
SESSION = """
import json
from tests.webapp import made_up
study = made_up.study(practice_obvious=0, practice_other=0)
print(json.dumps({"study": str(study.id), "url": f"/p/{study.id}/"}))
"""


@pytest.fixture(scope="module")
def deployment(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("logs")
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    more = {"METRICS_TOKEN": "the-token-of-the-metrics", "LOST_SECONDS": "2"}
    running = Deployment(folder, {**queue, **more, "DATABASE_URL": new_database()})
    yield running
    running.stop()


def test_session_and_errors_leave_lines_without_ids(deployment: Deployment) -> None:
    made = json.loads(deployment.manage("shell", "--no-imports", "--command", SESSION).splitlines()[-1])
    headers = {"User-Agent": AGENT, "X-Forwarded-For": FORWARDED}
    with httpx.Client(base_url=deployment.web.url, headers=headers, follow_redirects=True, timeout=60) as browser:
        entered = browser.get(made["url"], params={"participant": RECRUITERS_ID})
        browser.post(str(entered.url), data=Page(entered.text).hidden)
        plan = browser.get(f"{made['url']}session").json()
        lost = browser.get(f"/p/{PERSON}/{RECRUITERS_ID}", params={"PROLIFIC_PID": PERSON})
        refused = browser.post(f"{made['url']}withdraw", json={"id": PERSON})
        with psycopg.connect(deployment.env["DATABASE_URL"], autocommit=True) as database:
            session = database.execute("SELECT id, participant_id FROM studies_session").fetchone()
            database.execute("ALTER TABLE studies_trial RENAME TO studies_trial_away")
            unheard = browser.get(f"{made['url']}session", params={"PROLIFIC_PID": PERSON})
            broken = browser.get(f"{made['url']}session", headers={"Referer": f"{made['url']}?PROLIFIC_PID={PERSON}"})
            database.execute("ALTER TABLE studies_trial_away RENAME TO studies_trial")
        cookies = [cookie.value for cookie in browser.cookies.jar]

    assert [one.status_code for one in (lost, refused, unheard, broken)] == [404, 403, 400, 500]
    log = deployment.web.log.read_text()
    ids = [PERSON, RECRUITERS_ID, AGENT, FORWARDED, "127.0.0.1,", *map(str, session), *cookies, plan["example"]["id"]]
    assert [one for one in ids if one in log] == []
    lines = _lines(deployment.web.log)
    seen = {(line["view"], line["status"]) for line in lines if line["event"] == "request"}
    assert {("participant:entry", 200), ("participant:session", 200), ("none", 404), ("participant:session", 500)} <= seen
    (fault,) = [line for line in lines if "at" in line]
    assert fault["error"][0].startswith("ProgrammingError: relation … does not exist")
    assert fault["request_id"] == broken.headers["X-Request-ID"]


def test_worker_logs_what_it_made_and_how_long_it_took(deployment: Deployment) -> None:
    worker = deployment.start_gpu_worker()
    job = deployment.ask(kind="exemplars", unit="efficientnet_lite0.in1k/_blocks.1:3", pool="/no/such/folder", pool_size=8)

    line = _wait(lambda: next((line for line in _lines(worker.log) if line.get("digest") == job["digest"]), None))

    assert (line["task"], line["kind"], line["job"], line["state"]) == ("experiments.make", "exemplars", job["id"], "failed")
    assert line["seconds"] > 0


def test_readiness_hears_of_real_workers_until_they_leave(deployment: Deployment) -> None:
    worker = deployment.start_web_worker()

    heard = _wait(lambda: _ready(deployment)["web worker"]["state"] == "up")
    worker.kill9()
    silent = _wait(lambda: _ready(deployment)["web worker"]["state"] == "down")

    assert heard
    assert silent


def _ready(deployment: Deployment) -> dict[str, Any]:
    parts: dict[str, Any] = httpx.get(f"{deployment.web.url}/readyz", timeout=60).json()["parts"]
    return parts


def _wait(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def _lines(log: Path) -> list[dict[str, Any]]:
    """The lines of JSON that are written to their end; gunicorn and Celery greet in words."""
    whole = log.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
