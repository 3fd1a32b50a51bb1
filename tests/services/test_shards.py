"""One pass over a pool by many workers: a chord of its shards, merged exactly, also when a worker is killed in the middle."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.recipes import ActivationIndex
from experiments.workshop import LocalWorkshop
from tests.services.deployment import Deployment

pytestmark = pytest.mark.integration

# Half a second a shard.
SMALL: dict[str, Any] = {"pool_size": 240, "shard_size": 20}
# What a researcher's request comes to once it needs an index; over REST only its exemplars can be asked for.
ASK = """
import json, sys
from experiments.contract.recipes import ActivationIndex
from webapp.stimuli.services import artifact_request
job = artifact_request(ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.10", **json.loads({fields!r})))
print(json.dumps({{"url": f"/api/v1/jobs/{{job.id}}", "digest": job.digest}}))
"""


def ask(deployment: Deployment, **fields: Any) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(deployment.manage("shell", "-c", ASK.format(fields=json.dumps(fields))).splitlines()[-1])
    return job


def made(deployment: Deployment, job: dict[str, Any]) -> tuple[ArtifactStore, Manifest]:
    store = ArtifactStore(deployment.env["ARTIFACT_URL"])
    manifest = store.manifest(job["digest"])
    assert manifest is not None
    return store, manifest


def test_index_of_many_shards_is_that_of_a_single_pass_though_a_worker_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    killed, other = deployment.start_gpu_worker(), deployment.start_gpu_worker()
    job = ask(deployment, seed=1, **SMALL)
    seen = deployment.wait(job, lambda now: now["progress"]["done"] >= 2 and now["progress"]["total"] == 12)
    killed.kill9()

    ended = deployment.end(job)

    store, index = made(deployment, job)
    torch.set_num_threads(1)
    alone = LocalWorkshop(store=ArtifactStore(str(tmp_path)), device="cpu", report=lambda _done, _total, _doing: None)
    single = alone.obtain(ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.10", seed=1, **SMALL))
    assert seen["progress"]["doing"].endswith("of 12")
    assert ended["state"] == "finished"
    assert ended["attempts"] <= 3
    assert index.values["shards"] == single.values["shards"]
    assert index.file("summary").sha256 == single.file("summary").sha256
    for shard in single.values["shards"]:
        both = [of.manifest(shard).file("activations").sha256 for of in (store, alone.store)]
        assert both[0] == both[1]
    other.stop()


def test_cancelling_ends_the_shards_too(deployment: Deployment) -> None:
    worker = deployment.start_gpu_worker()
    job = ask(deployment, seed=2, **SMALL)
    deployment.wait(job, lambda now: now["progress"]["done"] >= 1 and now["progress"]["total"] == 12)

    deployment.api.delete(job["url"]).raise_for_status()
    following = deployment.end(ask(deployment, seed=3, pool_size=20))

    shards = [ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.10", seed=2, **SMALL).shard(n) for n in range(12)]
    store, _ = made(
        deployment, {"digest": ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.10", seed=3, pool_size=20).digest}
    )
    assert following["state"] == "finished"
    assert deployment.job(job)["state"] == "cancelled"
    assert sum(store.manifest(shard.digest) is not None for shard in shards) < 8
    worker.stop()
