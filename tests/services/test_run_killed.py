"""A run started from the admin's form whose worker is killed with -9: another goes on, as if nothing had happened."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.local_models import CARD, WEIGHTS, model_id
from experiments.contract.recipes import Run
from tests.experiments.methods.workshops import new_workshop
from tests.services.deployment import PASSWORD, WAIT_SECONDS, Deployment

pytestmark = pytest.mark.integration
PAPER = "rusak2024_aninfonce"
# Two trainings of some seconds, on which several workers could share; a checkpoint every few hundredths of it.
SETTINGS: dict[str, Any] = {
    "part": "linear",
    "scale": {
        **{"steps": 200, "batch": 64, "seeds": 1},
        "shared": {"hidden": [32], "mixing_pool": 100, "keep_every": 10, "measure_every": 10},
    },
}
LINES = "\n".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in SETTINGS.items())
START = "/admin/runs/trainingrun/add/"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str], redis_url: str) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("runs")
    queue = {"REDIS_URL": redis_url, "BROKER_URL": "", "RESULT_URL": ""}
    deployment = Deployment(folder, {"DATABASE_URL": new_database(), **queue})
    deployment.start_web_worker()
    yield deployment
    deployment.stop()


@pytest.fixture(scope="module")
def admin(deployment: Deployment) -> Iterator[httpx.Client]:
    """A researcher who has logged in as a browser does."""
    with httpx.Client(base_url=deployment.web.url, timeout=60, follow_redirects=True) as client:
        send_form(client, "/admin/login/?next=/admin/", username="researcher", password=PASSWORD)
        yield client


def send_form(client: httpx.Client, url: str, **fields: str) -> httpx.Response:
    """Open the page of a form and send it."""
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', client.get(url).raise_for_status().text)
    assert token
    return client.post(url, data={"csrfmiddlewaretoken": token[1], **fields}).raise_for_status()


def started(admin: httpx.Client, *, settings: str) -> str:
    """The digest of a run that was started from the form."""
    page = send_form(admin, START, paper=PAPER, preset="smoke", seed="4", settings=settings)
    return page.url.path.split("/")[2]


def awaited(deployment: Deployment, digest: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The run once `until` holds of it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not until(run := deployment.api.get(f"/api/v1/runs/{digest}").raise_for_status().json()):
        assert time.monotonic() < deadline, run
        time.sleep(0.1)
    return run


def has_ended(run: dict[str, Any]) -> bool:
    return run["state"] in ("finished", "failed", "cancelled")


def trainings(store: ArtifactStore, run_digest: str) -> dict[str, dict[str, str]]:
    """The sha256 of every file of the trainings that a run consists of."""
    run = store.manifest(run_digest)
    assert run is not None
    made = {digest: store.manifest(digest) for digest in run.parents}
    return {digest: {file.name: file.sha256 for file in one.files} for digest, one in made.items() if one}


def test_killed_run_ends_as_one_that_was_left_alone_and_its_networks_are_in_the_zoo(
    deployment: Deployment, admin: httpx.Client, tmp_path: Path
) -> None:
    first = deployment.start_gpu_worker()
    digest = started(admin, settings=LINES)
    checkpoints = Path(deployment.env["ARTIFACT_URL"]) / "checkpoints"
    awaited(deployment, digest, lambda _: any(checkpoints.glob("*")))
    watched = admin.get(f"/runs/{digest}/state/").text
    first.kill9()
    kept = [path.name for path in checkpoints.glob("*")]

    deployment.start_gpu_worker()
    run = awaited(deployment, digest, has_ended)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = new_workshop(tmp_path).obtain(Run(paper=PAPER, preset="smoke", seed=4, settings=SETTINGS))
    torch.set_num_threads(threads)
    ours = trainings(ArtifactStore(deployment.env["ARTIFACT_URL"]), digest)
    models = {model["id"]: model for model in deployment.api.get("/api/v1/models").raise_for_status().json()}
    assert alone.digest == digest
    assert 'data-state="started"' in watched
    assert set(kept) <= set(ours)
    assert kept
    assert (run["state"], run["job"]["attempts"]) == ("finished", 2)
    # Weights, card and journal, to the last bit.
    assert ours == trainings(ArtifactStore(str(tmp_path)), digest)
    assert {WEIGHTS, CARD} < ours[kept[0]].keys()
    assert {model["id"] for model in run["models"]} == {model_id(made) for made in ours} <= models.keys()
    assert models[model_id(kept[0])]["weights"]["sha256"] == ours[kept[0]][WEIGHTS]
    page = html.unescape(admin.get(f"/runs/{digest}/").text)
    assert page.count("<polyline") >= 2 * len(ours)
    assert run["claims"]
    assert all(claim["statement"] in page for claim in run["claims"])


def test_setting_that_only_the_worker_knows_to_be_wrong_is_told_on_the_page(deployment: Deployment, admin: httpx.Client) -> None:
    digest = started(admin, settings="part=nonsense")

    run = awaited(deployment, digest, has_ended)

    assert run["state"] == "failed"
    assert run["job"]["error"]["field"] == "part"
    assert run["job"]["error"]["remedy"] in html.unescape(admin.get(f"/runs/{digest}/").text)
