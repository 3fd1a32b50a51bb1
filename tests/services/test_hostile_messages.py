"""Messages that no process of ours sent: nothing in them is run, they end visibly, and the workers go on."""

import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.states import READY_STATES

from experiments import jobs
from tests.conftest import StartWorker
from tests.services.deployment import WAIT_SECONDS
from tests.services.processes import Running

pytestmark = pytest.mark.integration
UNKNOWN_FIELD = {"kind": "exemplars", "unit": "efficientnet_lite0.in1k/_blocks.1:3", "code": "import os"}


class Code:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.fixture
def sender(redis_url: str) -> Iterator[Celery]:
    app = Celery("sender", broker=redis_url, backend=redis_url)
    yield app
    app.close()


def send_pickle(sender: Celery, *, queue: str, task: str, code: Code) -> None:
    """A task whose arguments are pickled, as a worker that accepts pickles would take it."""
    headers = {"task": task, "id": f"pickled-{queue}", "lang": "py", "root_id": None, "parent_id": None, "group": None}
    with sender.connection_for_write() as connection, connection.Producer() as producer:
        body = pickle.dumps(((), {"job": code}, {}))
        producer.publish(
            body, routing_key=queue, exchange="", headers=headers, content_type="application/x-python-serialize",
            content_encoding="binary",
        )  # fmt: skip


def log_says(running: Running, words: str) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while words not in running.log.read_text(errors="replace"):
        if time.monotonic() > deadline or running.process.poll() is not None:
            return False
        time.sleep(0.1)
    return True


def outcome(sender: Celery, recipe: Any) -> dict[str, Any]:
    """What a worker of the GPU queue makes of a recipe."""
    sent = sender.send_task(jobs.MAKE, kwargs={"job": "one", "recipe": recipe}, queue=jobs.GPU_QUEUE, serializer="json").id
    deadline = time.monotonic() + WAIT_SECONDS
    while sender.backend.get_state(sent) not in READY_STATES and time.monotonic() < deadline:
        time.sleep(0.1)
    found: dict[str, Any] = sender.backend.get_result(sent)
    return found


def test_pickle_is_run_by_no_worker_and_a_recipe_is_checked_by_the_worker_again(
    redis_url: str, sender: Celery, start_worker: StartWorker, new_database: Any, tmp_path: Path
) -> None:
    env = {
        "REDIS_URL": redis_url,
        "BROKER_URL": "",
        "RESULT_URL": "",
        "ARTIFACT_URL": str(tmp_path / "artifacts"),
        "THREADS": "1",
    }
    web = {**env, "SECRET_KEY": "only-for-tests", "DATABASE_URL": new_database()}
    started = {
        (jobs.GPU_QUEUE, jobs.MAKE): start_worker(env={**env, "DJANGO_SETTINGS_MODULE": ""}),
        (jobs.WEB_QUEUE, jobs.JOB_FINISHED): start_worker(env=web, app="webapp.celery_app", queue="web"),
    }

    for (queue, task), running in started.items():
        send_pickle(sender, queue=queue, task=task, code=Code(tmp_path / f"ran-{queue}"))
        assert log_says(running, "Refusing to deserialize"), running.log.read_text()[-2000:]
    unknown = outcome(sender, {"kind": "shell", "command": "id"})
    surplus = outcome(sender, UNKNOWN_FIELD)

    assert not list(tmp_path.glob("ran-*"))
    assert (unknown["state"], unknown["error"]["field"]) == ("failed", "kind")
    assert (surplus["state"], surplus["error"]["field"]) == ("failed", "code")
    assert surplus["error"]["remedy"]
    assert all(running.process.poll() is None for running in started.values())


def test_both_ends_of_the_queue_speak_json_alone() -> None:
    settings = jobs.queue_settings(default_queue=jobs.WEB_QUEUE)

    assert {settings[name] for name in ("task_serializer", "result_serializer")} == {"json"}
    assert settings["accept_content"] == ["json"]
