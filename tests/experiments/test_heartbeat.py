"""What a GPU worker's task does while the result backend is out of reach: it works on, and is heard of afterwards."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from experiments import jobs, tasks
from experiments.contract.artifacts import ArtifactStore

pytestmark = pytest.mark.unit


class AwayTwice:
    """A result backend that cannot be reached at first."""

    def __init__(self) -> None:
        self.tries = 0
        self.stored: list[dict[str, Any]] = []
        self.came_back = threading.Event()

    def store_result(self, task_id: str, meta: dict[str, Any], state: str) -> None:
        self.tries += 1
        if self.tries <= 2:
            raise RedisConnectionError
        self.stored.append(meta)
        if meta["doing"] == "work":
            self.came_back.set()


def test_heart_beats_on_after_an_outage_of_which_the_maker_hears_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.01)
    backend = AwayTwice()
    task: Any = SimpleNamespace(backend=backend, request=SimpleNamespace(id="task"))

    with tasks.Heartbeat(task, job="job", store=ArtifactStore(str(tmp_path))) as heartbeat:
        heartbeat.report(1, 2, "work")
        is_back = backend.came_back.wait(10)

    assert is_back
    assert (backend.stored[-1]["done"], backend.stored[-1]["total"]) == (1, 2)
    assert not heartbeat.thread.is_alive()


def test_task_that_meets_an_outage_is_tried_again(monkeypatch):
    away = [RedisConnectionError(), None]

    def outcome(task: Any, *, job: str, recipe: dict[str, Any]) -> dict[str, Any]:
        if error := away.pop(0):
            raise error
        return jobs.failed(job, {})

    monkeypatch.setattr(tasks, "_outcome", outcome)

    result = tasks.make.apply(kwargs={"job": "job", "recipe": {}})

    assert result.get() == jobs.failed("job", {})
    assert away == []
