"""A web worker whose start meets trouble: what it does every minute, erasures by date among it, is done as soon as it can be."""

import time
from pathlib import Path

import pytest

from experiments import jobs
from tests.conftest import StartWorker
from tests.services import processes
from tests.services.deployment import WAIT_SECONDS

pytestmark = pytest.mark.integration
DONE = f'"task": "{jobs.RETAIN}", "state": "SUCCESS"'


def test_worker_that_cannot_write_at_its_start_does_its_minutes_work_later(tmp_path: Path, start_worker: StartWorker) -> None:
    store = tmp_path / "artifacts"
    env = {
        "SECRET_KEY": "only-for-tests",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "ARTIFACT_URL": str(store),
        "REDIS_URL": "",
        "BROKER_URL": f"filesystem://{tmp_path}/queue",
        "RESULT_URL": f"file://{tmp_path}/results",
        "LOST_SECONDS": "2",
    }
    processes.run_manage("migrate", "--noinput", "--verbosity", "0", env=env)
    store.write_text("not a folder")

    worker = start_worker(env=env, app="webapp.celery_app", queue="web")
    store.unlink()

    deadline = time.monotonic() + WAIT_SECONDS
    while worker.log.read_text().count(DONE) < 3:
        assert time.monotonic() < deadline, processes.tail(worker.log)
        time.sleep(0.2)
