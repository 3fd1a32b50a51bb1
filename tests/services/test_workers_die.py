"""Jobs on real queues with real worker processes that are killed with -9: nothing is lost, nothing is made twice."""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.environment import versions
from experiments.contract.recipes import ActivationIndex, recipe_from_json
from experiments.datasets.stamps import FOLDER
from tests.experiments.methods.shards.planted import dealt, encoded, listing, pictures, sample
from tests.experiments.methods.workshops import new_workshop
from tests.services.deployment import Deployment
from tests.services.processes import Running

pytestmark = pytest.mark.integration

MODEL = "efficientnet_lite0.in1k"
UNIT = f"{MODEL}/_blocks.1:3"
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
# Long enough to be met under way, and soon done again.
KILLED = {**SHORT, "steps": 500}
# What does not depend on how messages travel is seen on one kind of queue.
ON_FILES = pytest.mark.parametrize("deployment", ["filesystem"], indirect=True)
# A third of a second each.
TWELVE_SHARDS: dict[str, Any] = {"pool_size": 240, "shard_size": 20}
ASK_INDEX = """
from experiments.contract.recipes import recipe_from_json
from webapp.stimuli.services import artifact_request
print(artifact_request(recipe_from_json({body})).id)
"""


@pytest.fixture(scope="module", params=["filesystem", "redis"])
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "redis":
        # The tests' own settings name a file broker in the environment.
        queue = {"REDIS_URL": request.getfixturevalue("redis_url"), "BROKER_URL": "", "RESULT_URL": ""}
    else:
        queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    deployment = Deployment(folder, {"DATABASE_URL": new_database(), **queue})
    deployment.start_web_worker()
    yield deployment
    deployment.stop()


def gpu_workers(deployment: Deployment) -> list[Running]:
    """Those that are alive."""
    return [one for one in deployment.started if "experiments.celery_app" in one.process.args and one.process.poll() is None]


def one_gpu_worker(deployment: Deployment) -> Running:
    """The one that the test before has left, or a new one: a start takes longer than most of what it is asked for."""
    alive = gpu_workers(deployment)
    for one in alive[1:]:
        one.stop()
    return alive[0] if alive else deployment.start_gpu_worker()


def test_stimulus_is_made_and_comes_home(deployment: Deployment) -> None:
    one_gpu_worker(deployment)

    job = deployment.end(deployment.ask(**SHORT))
    artifact = deployment.api.get(job["artifact"]).json()
    again = deployment.api.post("/api/v1/stimuli", json=SHORT)
    image = deployment.api.get(artifact["files"][0]["url"])

    assert job["state"] == "finished"
    assert again.status_code == 200
    assert again.json()["digest"] == artifact["digest"]
    assert image.content.startswith(b"\x89PNG")
    assert artifact["values"]["best_natural"] is not None


def test_killed_workers_job_is_done_by_another(deployment: Deployment) -> None:
    first = one_gpu_worker(deployment)
    job = deployment.ask(**KILLED, seed=1)
    deployment.wait(job, lambda now: now["progress"]["doing"] not in ("", "starting"))
    first.kill9()

    killed_at = time.monotonic()
    deployment.start_gpu_worker()
    ended = deployment.end(job)
    seconds = time.monotonic() - killed_at

    store = ArtifactStore(deployment.env["ARTIFACT_URL"])
    artifact = store.manifest(job["digest"])
    assert ended["state"] == "finished"
    assert ended["attempts"] == 2
    assert artifact is not None
    assert recipe_from_json(artifact.recipe).digest == artifact.digest == job["digest"]
    assert artifact.files
    assert [hashlib.sha256(store.read_blob(file.sha256)).hexdigest() for file in artifact.files] == [
        file.sha256 for file in artifact.files
    ]
    # Where it is from is told of the attempt that made it; the killed one's time is not in it.
    assert {name: artifact.provenance[name] for name in versions()} == versions()
    assert artifact.provenance["device"] == "cpu"
    assert 0 < artifact.provenance["seconds"] < seconds
    assert deployment.api.get(ended["artifact"]).json()["provenance"] == artifact.provenance


def test_killed_web_worker_loses_no_outcome(deployment: Deployment) -> None:
    for running in deployment.started:
        if "webapp.celery_app" in running.process.args:
            running.kill9()
    one_gpu_worker(deployment)
    job = deployment.ask(**SHORT, seed=2)
    manifest = Path(deployment.env["ARTIFACT_URL"]) / "manifests" / f"{job['digest']}.json"
    deployment.wait(job, lambda _: manifest.exists())

    deployment.start_web_worker()
    ended = deployment.end(job)

    assert ended["state"] == "finished"


def test_running_and_waiting_jobs_can_be_cancelled(deployment: Deployment) -> None:
    one_gpu_worker(deployment)
    job, waiting = deployment.ask(**LONG, seed=3), deployment.ask(**SHORT, seed=5)
    running = deployment.wait(job, lambda now: now["progress"]["seconds_left"])

    cancelled = [deployment.api.delete(one["url"]).json()["state"] for one in (waiting, job)]
    next_one = deployment.end(deployment.ask(**SHORT, seed=3))

    assert 0 < running["progress"]["done"] < running["progress"]["total"]
    assert cancelled == ["cancelled", "cancelled"]
    assert next_one["state"] == "finished"
    assert deployment.job(waiting)["state"] == "cancelled"
    assert deployment.api.get(f"/api/v1/artifacts/{waiting['digest']}").status_code == 404
    assert deployment.job(job)["state"] == "cancelled"


def test_job_that_cannot_be_done_ends_as_failed_with_its_remedy(deployment: Deployment) -> None:
    one_gpu_worker(deployment)

    job = deployment.end(deployment.ask(**{**SHORT, "pool": "/no/such/folder"}))

    assert job["state"] == "failed"
    assert job["error"]["field"] == "pool"
    assert job["error"]["remedy"]


def ask_index(deployment: Deployment, recipe: ActivationIndex) -> dict[str, Any]:
    """The job of an activation index, which over REST is only made on the way to something else."""
    words = ("shell", "--no-imports", "--command", ASK_INDEX.format(body=json.dumps(recipe.as_json())))
    return {"url": f"/api/v1/jobs/{deployment.manage(*words).strip()}"}


def test_index_by_many_workers_is_that_of_a_single_pass_though_one_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    recipe = ActivationIndex(model=MODEL, layer="_blocks.3", seed=1, **TWELVE_SHARDS)
    killed = one_gpu_worker(deployment)
    deployment.start_gpu_worker()
    job = ask_index(deployment, recipe)
    seen = deployment.wait(job, lambda now: now["progress"]["done"] >= 2 and now["progress"]["total"] == 12)
    killed.kill9()

    ended = deployment.end(job)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    single = new_workshop(tmp_path).obtain(recipe)
    torch.set_num_threads(threads)
    store = ArtifactStore(deployment.env["ARTIFACT_URL"])
    merged = store.manifest(recipe.digest)
    assert seen["progress"]["doing"].endswith("of 12")
    assert ended["state"] == "finished"
    assert merged is not None
    # Also of the activations in the shards, to the last bit.
    for digest in (recipe.digest, *single.values["shards"]):
        made, expected = store.manifest(digest), ArtifactStore(str(tmp_path)).manifest(digest)
        assert made is not None
        assert expected is not None
        assert [file.sha256 for file in made.files] == [file.sha256 for file in expected.files]


def test_cancelling_a_divided_job_ends_its_shards(deployment: Deployment) -> None:
    recipe = ActivationIndex(model=MODEL, layer="_blocks.3", seed=2, **TWELVE_SHARDS)
    one_gpu_worker(deployment)
    job = ask_index(deployment, recipe)
    deployment.wait(job, lambda now: now["progress"]["done"] >= 1 and now["progress"]["total"] == 12)

    deployment.api.delete(job["url"]).raise_for_status()
    next_one = deployment.end(deployment.ask(**SHORT, seed=5))

    store = ArtifactStore(deployment.env["ARTIFACT_URL"])
    shards = [store.manifest(recipe.shard(number).digest) for number in range(12)]
    assert next_one["state"] == "finished"
    assert deployment.job(job)["state"] == "cancelled"
    # Without the mark all would be made first: one worker takes them in their order.
    assert None in shards


@pytest.mark.skipif(not FOLDER.is_dir(), reason="tuxpaint-stamps-default is not installed")
@ON_FILES
def test_shards_are_deduplicated_by_many_workers_as_by_one(deployment: Deployment, tmp_path: Path) -> None:
    images = [encoded(image) for image in pictures(6)]
    paths = dealt(
        tmp_path / "shards", {str(number): sample(str(number), one) for number, one in enumerate([*images, images[2]])}, shards=3
    )
    one_gpu_worker(deployment)
    deployment.start_gpu_worker()
    words = ("shards_deduplicate", "--set", "resolution=32", "--out", str(tmp_path / "out"), "--shards", *map(str, paths))

    told = deployment.manage(*words)

    made = Manifest.from_json(json.loads((tmp_path / "out" / "manifest.json").read_text()))
    single = new_workshop(tmp_path / "store")
    listing(paths, single)
    expected = single.obtain(recipe_from_json(made.recipe))
    assert told.startswith("6 of 7 samples kept")
    assert (tmp_path / "out" / "duplicates.csv").read_text().splitlines()[1:] == ["2,6,bytes,0"]
    assert made == replace(expected, provenance=made.provenance)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this test fills")
@ON_FILES
def test_full_disk_fails_the_job_and_keeps_what_was_there(deployment: Deployment, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        (disk / "kept").write_bytes(bytes(56 * 1024))
        for one in gpu_workers(deployment):
            one.stop()
        worker = deployment.start_gpu_worker(ARTIFACT_URL=str(disk))
        job = deployment.end(deployment.ask(**SHORT, seed=4))
        worker.kill9()

        assert job["state"] == "failed"
        assert "disk is full" in job["error"]["message"]
        assert (disk / "kept").read_bytes() == bytes(56 * 1024)
        # What a stage before had finished is whole, and stays.
        made = [json.loads(path.read_text()) for path in disk.glob("manifests/*.json")]
        assert job["digest"] not in {manifest["digest"] for manifest in made}
        assert all((disk / "blobs" / file["sha256"]).stat().st_size == file["size"] for one in made for file in one["files"])
        assert not list(disk.glob("passing/*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
