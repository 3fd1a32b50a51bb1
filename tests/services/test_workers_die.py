"""Jobs on real queues with real worker processes that are killed with -9: nothing is lost, nothing is made twice."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.services.deployment import Deployment

pytestmark = pytest.mark.integration

UNIT = "efficientnet_lite0.in1k/_blocks.1:3"
# A second of work, and a minute of it.
SHORT = {
    "kind": "feature_visualization",
    "unit": UNIT,
    "size": 64,
    "shown_size": 64,
    "steps": 8,
    "pool_size": 32,
    "pool_resolution": 64,
}
LONG = {**SHORT, "steps": 1200}


def test_stimulus_is_made_and_comes_home(deployment: Deployment) -> None:
    worker = deployment.start_gpu_worker()

    job = deployment.end(deployment.ask(**SHORT))
    artifact = deployment.api.get(job["artifact"]).json()
    again = deployment.api.post("/api/v1/stimuli", json=SHORT)
    image = deployment.api.get(artifact["files"][0]["url"])

    assert job["state"] == "finished"
    assert again.status_code == 200
    assert again.json()["digest"] == artifact["digest"]
    assert image.content.startswith(b"\x89PNG")
    assert artifact["values"]["best_natural"] is not None
    worker.stop()


def test_killed_workers_job_is_done_by_another(deployment: Deployment) -> None:
    first = deployment.start_gpu_worker()
    job = deployment.ask(**LONG, seed=1)
    deployment.wait(job, lambda now: now["progress"]["doing"] not in ("", "starting"))
    first.kill9()

    second = deployment.start_gpu_worker()
    ended = deployment.end(job)

    assert ended["state"] == "finished"
    assert ended["attempts"] == 2
    second.stop()


def test_killed_web_worker_loses_no_outcome(deployment: Deployment) -> None:
    for running in deployment.started:
        if "webapp.celery_app" in running.process.args:
            running.kill9()
    gpu = deployment.start_gpu_worker()
    job = deployment.ask(**SHORT, seed=2)
    manifest = Path(deployment.env["ARTIFACT_URL"]) / "manifests" / f"{job['digest']}.json"
    deployment.wait(job, lambda _: manifest.exists())

    deployment.start_web_worker()
    ended = deployment.end(job)

    assert ended["state"] == "finished"
    gpu.stop()


def test_running_job_can_be_cancelled(deployment: Deployment) -> None:
    worker = deployment.start_gpu_worker()
    job = deployment.ask(**LONG, seed=3)
    deployment.wait(job, lambda now: now["progress"]["done"] > 0)

    cancelled = deployment.api.delete(job["url"]).json()
    next_one = deployment.end(deployment.ask(**SHORT, seed=3))

    assert cancelled["state"] == "cancelled"
    assert next_one["state"] == "finished"
    assert deployment.job(job)["state"] == "cancelled"
    worker.stop()


def test_job_that_cannot_be_done_ends_as_failed_with_its_remedy(deployment: Deployment) -> None:
    worker = deployment.start_gpu_worker()

    job = deployment.end(deployment.ask(**{**SHORT, "pool": "/no/such/folder"}))

    assert job["state"] == "failed"
    assert job["error"]["field"] == "pool"
    assert job["error"]["remedy"]
    worker.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this test fills")
def test_full_disk_fails_the_job_and_keeps_what_was_there(deployment: Deployment, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        (disk / "kept").write_bytes(bytes(56 * 1024))
        worker = deployment.start_gpu_worker(ARTIFACT_URL=str(disk))
        job = deployment.end(deployment.ask(**SHORT, seed=4))
        worker.kill9()

        assert job["state"] == "failed"
        assert "disk is full" in job["error"]["message"]
        assert (disk / "kept").read_bytes() == bytes(56 * 1024)
        assert not list(disk.glob("manifests/*.json"))
        assert not list(disk.glob("passing/*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
