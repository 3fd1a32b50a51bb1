"""A circuit from its order over REST to participants: made and verified by a worker, then put into a study and looked at."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.methods.exemplars import as_tensor
from model_zoo.activations import layer_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load
from tests.e2e.conftest import SMALL
from tests.e2e.test_explorer import OPTIONS, Researcher
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
MODEL, LAYER = "efficientnet_lite0.in1k", "_blocks.2"
ASKED, OFFSET = (3, 7), 5
# As small as an optimization, a detector and a verification can be.
ORDER: dict[str, Any] = {
    "unit": f"{MODEL}/{LAYER}:{ASKED[0]}",
    "offset": OFFSET,
    "size": 64,
    "steps": 12,
    "rendered": 8,
    "measured": 3,
    "epochs": 2,
    "pool": "photographs+stamps",
    "pool_size": 450,
    "pool_resolution": 64,
}


def test_fooled_network_goes_from_its_order_to_a_study_whose_synthetic_images_alone_have_changed(
    deployment: Deployment, chromium: Browser, screenshots: Path
) -> None:
    circuit = ordered(deployment)
    assert circuit["reasons"] == []
    model = circuit["model"]
    listed = {entry["id"] for entry in deployment.api.get("/api/v1/models").raise_for_status().json()}
    studies = {name: study_of(deployment, name) for name in (MODEL, model)}
    told = deployment.send_bots(studies[model], "--sessions", "1", "--observer", "similarity", "--seed", "1")
    look_at(circuit, deployment=deployment, chromium=chromium, folder=screenshots / "explorer")

    assert model in listed
    assert "simulated sessions finished" in told
    store = ArtifactStore(deployment.env["ARTIFACT_URL"])
    sets = {(kind, part): stimulus_set(store, model=kind, part=part) for kind in studies for part in ("natural", "synthetic")}
    assert blobs(sets[model, "natural"]) == blobs(sets[MODEL, "natural"])
    assert blobs(sets[model, "synthetic"]).isdisjoint(blobs(sets[MODEL, "synthetic"]))
    # In the original network, what the fooled unit's images show is its donor's pattern.
    own, donor = ASKED[0], ASKED[0] + OFFSET
    original, fooled = (activations(sets[kind, "synthetic"], store=store) for kind in (MODEL, model))
    assert original[:, own].mean() > fooled[:, own].mean()
    assert fooled[:, donor].mean() > original[:, donor].mean()


def ordered(deployment: Deployment) -> dict[str, Any]:
    """The circuit, once it was made."""
    order = deployment.api.post("/api/v1/circuits", json=ORDER).raise_for_status().json()
    deployment.end(order["job"])
    circuit: dict[str, Any] = deployment.api.get(order["url"]).raise_for_status().json()
    return circuit


def study_of(deployment: Deployment, model: str) -> dict[str, Any]:
    """A 2-AFC about units of a network, open."""
    units = [f"{model}/{LAYER}:{channel}" for channel in ASKED]
    settings = {**SMALL, "steps": ORDER["steps"], "diversity": 0, "diversity_search": "false"}
    words = [f"--set={key}={value}" for key, value in settings.items()]
    conditions, name = ("natural", "synthetic"), model.replace(".", "-")
    deployment.manage(
        "study_create", "zimmermann2023_scale", "--name", name, "--units", *units, "--conditions", *conditions, *words
    )
    deployment.wait_open(name)
    study: dict[str, Any] = deployment.studies()[name]
    return study


def look_at(circuit: dict[str, Any], *, deployment: Deployment, chromium: Browser, folder: Path) -> None:
    """Check the pages of the circuit and of a unit of its model."""
    folder.mkdir(exist_ok=True)
    researcher = Researcher(deployment, chromium, folder)
    researcher.log_in()
    researcher.page.goto(f"{researcher.link}circuits/{circuit['digest']}/")
    researcher.page.wait_for_load_state("networkidle")
    researcher.check("circuit")
    researcher.page.goto(f"{researcher.link}explorer/{circuit['model']}/{LAYER}/{ASKED[0]}/?{OPTIONS}")
    for part in ("Exemplars", "Visualization: what activates it most"):
        researcher.page.get_by_role("button", name=f"Make: {part}").click()
    for part in ("exemplars", "visualization"):
        researcher.page.wait_for_selector(f"#{part}[data-state=finished] img")
    researcher.page.wait_for_load_state("networkidle")
    researcher.check("fooled-unit")

    assert researcher.problems == []
    assert researcher.complaints == []


def stimulus_set(store: ArtifactStore, *, model: str, part: str) -> Manifest:
    """What a study shows of the first unit."""
    wanted = {"kind": "stimulus_set", "part": part, "unit": f"{model}/{LAYER}:{ASKED[0]}"}
    manifests = filter(None, (store.manifest(digest) for digest in store.digests("")))
    return next(made for made in manifests if wanted.items() <= made.recipe.items())


def blobs(made: Manifest) -> set[str]:
    return {file.sha256 for file in made.files}


def activations(made: Manifest, *, store: ArtifactStore) -> np.ndarray:
    """Of the layer's channels in the original network, for the images that activate the fooled unit."""
    pixels = [np.asarray(Image.open(io.BytesIO(store.read_blob(file.sha256)))) for file in made.files if file.name[:3] == "max"]
    unit, images = UnitAddress.parse(ORDER["unit"]), as_tensor(np.stack(pixels), device="cpu")
    return layer_activations(load(MODEL, device="cpu"), unit, aggregation="mean", images=images).numpy()
