"""A GPU worker whose memory is limited: a job that needs more fails with its remedy, and the worker goes on."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from experiments import jobs
from experiments.contract.recipes import recipe_from_json
from tests.conftest import StartWorker
from tests.services.deployment import WAIT_SECONDS

pytestmark = pytest.mark.integration
LIMIT_GIB = "3"
SMALL = {
    "kind": "feature_visualization",
    "unit": "efficientnet_lite0.in1k/_blocks.1:3",
    "size": 32,
    "shown_size": 32,
    "steps": 4,
    "pool_size": 16,
    "pool_resolution": 32,
}
# Its images and first activations alone are three gigabytes.
LARGE = {**SMALL, "size": 1024, "shown_size": 1024, "batch": 64}


@pytest.fixture
def sender(redis_url: str) -> Iterator[Celery]:
    app = Celery("sender", broker=redis_url, backend=redis_url)
    yield app
    app.close()


def outcome(sender: Celery, recipe: dict[str, Any]) -> dict[str, Any]:
    body = recipe_from_json(recipe).as_json()
    task = sender.send_task(jobs.MAKE, kwargs={"job": "one", "recipe": body}, queue=jobs.GPU_QUEUE)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (result := sender.AsyncResult(task.id)).ready() and time.monotonic() < deadline:
        time.sleep(0.1)
    told: dict[str, Any] = result.get(timeout=1)
    return told


def test_job_that_needs_more_memory_than_there_is_fails_with_its_remedy_and_the_next_is_done(
    redis_url: str, sender: Celery, start_worker: StartWorker, tmp_path: Path
) -> None:
    queue = {"REDIS_URL": redis_url, "BROKER_URL": "", "RESULT_URL": ""}
    env = {**queue, "ARTIFACT_URL": str(tmp_path), "THREADS": "1", "MEMORY_GIB": LIMIT_GIB, "DJANGO_SETTINGS_MODULE": ""}
    start_worker(env=env)

    large, small = outcome(sender, LARGE), outcome(sender, SMALL)

    assert (large["state"], large["error"]["message"]) == ("failed", "the worker's memory is full")
    assert "MEMORY_GIB" in large["error"]["remedy"]
    assert small["state"] == "finished"
    assert [path.stem for path in (tmp_path / "manifests").iterdir()].count(recipe_from_json(LARGE).digest) == 0
