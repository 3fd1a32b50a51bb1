"""The same message delivered several times, to several workers at once: one artifact, the same bytes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.states import READY_STATES

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import recipe_from_json
from tests.conftest import StartWorker
from tests.services.deployment import WAIT_SECONDS

pytestmark = pytest.mark.integration
RECIPE = {"kind": "feature_visualization", "unit": "efficientnet_lite0.in1k/_blocks.1:3", "size": 64, "steps": 8, "pool_size": 32}


@pytest.fixture
def sender(redis_url: str) -> Iterator[Celery]:
    app = Celery("sender", broker=redis_url, backend=redis_url)
    yield app
    app.close()


def test_message_delivered_three_times_to_two_workers_makes_one_artifact(
    redis_url: str, sender: Celery, start_worker: StartWorker, tmp_path: Path
) -> None:
    queue = {"REDIS_URL": redis_url, "BROKER_URL": "", "RESULT_URL": ""}
    env = {**queue, "ARTIFACT_URL": str(tmp_path), "THREADS": "1", "DJANGO_SETTINGS_MODULE": ""}
    for _ in range(2):
        start_worker(env=env)
    body = recipe_from_json(RECIPE).as_json()

    sent = [sender.send_task(jobs.MAKE, kwargs={"job": "one", "recipe": body}, queue=jobs.GPU_QUEUE).id for _ in range(3)]
    deadline = time.monotonic() + WAIT_SECONDS
    while any(sender.backend.get_state(task) not in READY_STATES for task in sent) and time.monotonic() < deadline:
        time.sleep(0.2)
    outcomes = [sender.backend.get_result(task) for task in sent]

    store = ArtifactStore(str(tmp_path))
    manifests = [path.stem for path in (tmp_path / "manifests").iterdir()]
    made = store.manifest(recipe_from_json(RECIPE).digest)
    assert [outcome["state"] for outcome in outcomes] == ["finished"] * 3
    assert made is not None
    assert {outcome["manifest"]["files"][0]["sha256"] for outcome in outcomes} == {made.files[0].sha256}
    assert manifests.count(made.digest) == 1
    assert not list((tmp_path / "passing").iterdir())
