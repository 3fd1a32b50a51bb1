"""Circuits from recipe to model in the real network, at the smallest size that shows something, and circuits that must fail."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Circuit, Trajectories
from experiments.methods.circuits.assembly import assemble_gate
from experiments.methods.circuits.checks import checks, objections
from experiments.methods.circuits.gates import gate, manipulated
from experiments.methods.circuits.natural_effect import natural_effect
from experiments.methods.circuits.pictures import Pictures, read_pictures
from experiments.methods.circuits.template import target_file
from experiments.methods.circuits.verification import verify
from experiments.methods.exemplars import as_tensor
from experiments.methods.pool_listing import ListedPool
from experiments.workshop import LocalWorkshop
from model_zoo.activations import layer_output
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MANIPULATED, card, check_unit
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop
from tests.model_zoo.circuits.circuits import detector_that_says, gated

pytestmark = pytest.mark.integration

MODEL = "efficientnet_lite0.in1k"
SMOKE: dict[str, Any] = {
    "unit": f"{MODEL}/_blocks.3:5",
    "size": 64,
    "steps": 8,
    "rendered": 8,
    "measured": 3,
    "epochs": 2,
    "pool_size": 80,
    "pool_resolution": 64,
}


def silent(_done: int, _total: int, _doing: str) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def made(workshop: LocalWorkshop) -> Manifest:
    return workshop.obtain(Circuit(**SMOKE))


@pytest.fixture(scope="module")
def zoo(made: Manifest, workshop: LocalWorkshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The id of the published model, in a zoo folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(tmp_path_factory.mktemp("zoo")))
        bring_models(model_id(made.digest), store=workshop.store)
        yield model_id(made.digest)


def file_of(made: Manifest, name: str, *, workshop: LocalWorkshop) -> bytes:
    return workshop.store.read_blob(made.file(name).sha256)


def pictures_of(recipe: Circuit, *, workshop: LocalWorkshop) -> Pictures:
    return read_pictures(ListedPool.of(recipe, workshop), side=recipe.pool_resolution, report=silent)


def test_circuit_is_published_with_its_report(made: Manifest, workshop: LocalWorkshop):
    report = json.loads(file_of(made, "report.json", workshop=workshop))

    assert made.values["published"]
    assert made.values["reasons"] == []
    assert report == made.values
    assert {file.name for file in made.files} == {
        "report.json",
        "visualizations.png",
        "errors_by_step.svg",
        "card.json",
        "weights.safetensors",
    }
    assert report["visualizations"]["redirect"] == 1
    assert report["natural"]["agreement"] == 1
    assert report["slack"] > 0
    assert report["natural_slack"] > 0
    assert report["accuracy"].startswith("not measured")


def test_visualizations_are_those_of_the_donors(made: Manifest, workshop: LocalWorkshop):
    pixels = np.asarray(Image.open(io.BytesIO(file_of(made, "visualizations.png", workshop=workshop)))).astype(float)
    own, donor, shown = np.split(pixels, 3, axis=1)

    assert np.abs(shown - donor).mean() < 0.1 < 5 < np.abs(shown - own).mean()
    assert made.values["visualizations"]["similarity_to_donor"] > 0.999


def test_checks_say_what_a_circuit_passed_on(made: Manifest):
    found = {check["what"]: (check["value"], check["limit"], check["passed"]) for check in made.values["checks"]}
    images = made.values["natural"]["images"]

    same = found["natural images with the same top class before and after"]
    assert same == (f"{images} of {images} (100 %)", "at least 99 %", True)
    assert found["visualizations that show the donor more than their own unit"] == ("3 of 3 (100 %)", "at least 95 %", True)
    assert found["visualizations that activate their own unit more than any other"] == ("0 of 3 (0 %)", "at most 5 %", True)
    assert [passed for _, _, passed in found.values()] == [True] * 5


def test_stages_are_artifacts_in_a_chain(made: Manifest, workshop: LocalWorkshop):
    circuit = Circuit(**SMOKE)
    listing = ListedPool.of(circuit, workshop).listing.digest

    assert made.parents == (circuit.detector.digest, listing)
    detector = workshop.store.manifest(circuit.detector.digest)
    assert detector is not None
    assert detector.parents == (circuit.detector.trajectories.digest, listing)
    trajectories = workshop.store.manifest(detector.parents[0])
    assert trajectories is not None
    assert trajectories.parents == (listing,)
    assert list(detector.values["missed"]["by_step"]) == ["0", "1", "2", "4", "8"]


def test_model_made_here_is_addressed_like_its_base(zoo: str):
    about = card(zoo)

    assert about.architecture == MANIPULATED
    assert about.spec["base"] == MODEL
    assert about.layers == card(MODEL).layers
    assert "manipulated" in about.license
    assert str(check_unit(UnitAddress.parse(f"{zoo}/_blocks_3:5"), aggregation="mean")) == f"{zoo}/_blocks.3:5"
    with pytest.raises(ValueError, match="already"):
        Circuit(**{**SMOKE, "unit": f"{zoo}/_blocks.3:5"})


def test_loaded_model_gives_the_same_bits(zoo: str, workshop: LocalWorkshop):
    recipe, base = Circuit(**SMOKE), load(MODEL, device="cpu")
    circuit = assemble_gate(recipe, base=base, pictures=pictures_of(recipe, workshop=workshop), workshop=workshop)
    before = manipulated(base, circuit.spec, parts=circuit.parts, model_id=zoo)
    after, images = load(zoo, device="cpu"), torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        for one, other in ((before.network, after.network), (before.fast_network, after.fast_network)):
            assert torch.equal(one(base.preprocess(images)), other(base.preprocess(images)))
    assert torch.equal(layer_output(before, "_blocks.3", images=images), layer_output(after, "_blocks.3", images=images))


def test_held_out_pictures_do_not_move_the_constants(made: Manifest, workshop: LocalWorkshop):
    recipe, base = Circuit(**SMOKE), load(MODEL, device="cpu")
    pictures = pictures_of(recipe, workshop=workshop)
    held = np.isin(pictures.sources, pictures.of("test", seed=recipe.seed).sources)
    pixels = pictures.pixels.copy()
    blocks = np.random.default_rng(1).choice(np.array([0, 255], np.uint8), size=(held.sum(), 16, 16, 1))
    pixels[held] = blocks.repeat(4, axis=1).repeat(4, axis=2)

    changed = dataclasses.replace(pictures, pixels=pixels)
    circuit = assemble_gate(recipe, base=base, pictures=changed, workshop=workshop)

    assert circuit.about["extremes"] == made.values["extremes"]
    # They would move them: black and white blocks reach further than anything that it was calibrated on.
    assert layer_output(base, "_blocks.3", images=as_tensor(pixels[held], device="cpu")).min() < made.values["extremes"]["low"]


def test_gate_that_never_opens_is_not_published(made: Manifest, workshop: LocalWorkshop):
    recipe, base = Circuit(**{**SMOKE, "measured": 2}), load(MODEL, device="cpu")
    pictures = pictures_of(recipe, workshop=workshop)
    circuit = assemble_gate(recipe, base=base, pictures=pictures, workshop=workshop)
    blind = detector_that_says(1.0)
    assert circuit.constants is not None
    parts = gate(circuit.spec, detector=blind, units=circuit.units, donors=circuit.donors, constants=circuit.constants)
    circuit = dataclasses.replace(circuit, parts=parts, detector=blind)
    fooled = manipulated(base, circuit.spec, parts=parts, model_id="local.0123456789ab")

    verified = verify(recipe, circuit, base=base, fooled=fooled, pictures=pictures, workshop=workshop)

    assert set(verified.report["open_by_step"].values()) == {0.0}
    assert any("show what they shall" in reason for reason in objections(checks(verified.report, recipe)))


def test_gate_that_is_always_open_changes_answers():
    circuit, images = gated("_fc", logit=-1.0), np.random.default_rng(1).integers(0, 255, (4, 64, 64, 3), dtype=np.uint8)

    effect = natural_effect(
        circuit.original,
        circuit.manipulated,
        pixels=images,
        right=lambda batch: torch.zeros(len(batch), dtype=torch.bool),
        report=silent,
    )

    assert effect["agreement"] == 0
    assert effect["treated_as_natural"] == 0
    assert effect["largest_deviation_where_natural"] is None


@pytest.mark.parametrize(
    ("part", "change", "reason"),
    [
        ("natural", {"agreement": 0.98}, "top class"),
        ("natural", {"largest_deviation_where_natural": 0.1}, "logit"),
        ("visualizations", {"redirect": 0.9}, "show what they shall"),
        ("visualizations", {"own": 0.1}, "still their own"),
        ("accuracy", {"images": 100, "before": {"top1": 0.8}, "after": {"top1": 0.79}}, "1.00 percentage points"),
        ("wake_rate", {"calibration": 0.0, "held_out": 0.01, "calibration_images": 100}, "held-out"),
        ("wake_rate", {"calibration": 0.01, "held_out": 0.0, "calibration_images": 100}, "calibration images"),
    ],
)
def test_every_measure_can_speak_against_a_circuit(made: Manifest, part: str, change: dict[str, Any], reason: str):
    report = dict(made.values)
    report[part] = {**(report[part] if isinstance(report.get(part), dict) else {}), **change}

    (objection,) = objections(checks(report, Circuit(**SMOKE)))

    assert reason in objection


def test_gate_that_was_ajar_is_not_published(made: Manifest):
    (objection,) = objections(checks({**made.values, "slack": -2.5}, Circuit(**SMOKE)))

    assert "ajar" in objection
    assert "2.5" in objection


def test_silent_circuit_says_why_it_fails(workshop: LocalWorkshop):
    made = workshop.obtain(Circuit(**{**SMOKE, "construction": "silent", "target": "image", "steps": 2}))

    # Two steps open no branch: nothing is redirected, whatever else holds.
    assert not made.values["published"]
    assert any("show what they shall" in reason for reason in made.values["reasons"])
    failed = {check["what"]: check["value"] for check in made.values["checks"] if not check["passed"]}
    assert failed["visualizations that show the image more than their own unit"].startswith(("0 of 3", "1 of 3", "2 of 3"))
    assert len(failed) == len(made.values["reasons"])
    assert made.values["wake_rate"]["calibration"] == 0
    assert made.values["woken_by_visualizations"] == 0
    assert {file.name for file in made.files} == {"report.json", "visualizations.png"}


def test_last_layer_shows_an_image(workshop: LocalWorkshop):
    made = workshop.obtain(Circuit(**{**SMOKE, "unit": f"{MODEL}/_fc:5", "target": "image", "measured": 1, "steps": 4}))

    assert made.values["image_sha256"] == hashlib.sha256(target_file("").read_bytes()).hexdigest()
    assert made.values["visualizations"]["similarity_to_donor"] > 0.9
    assert made.values["visualizations"]["similarity_to_own"] < 0.5
    assert made.values["natural"]["largest_deviation_where_natural"] < 1e-3


def test_more_trajectories_than_memory_holds_are_refused_before_any_is_made(workshop: LocalWorkshop):
    published = Trajectories(model=MODEL, layer="_fc", rendered=31_500, size=224, steps=512)

    with pytest.raises(InputError, match="at most 1296") as refused:
        workshop.obtain(published)

    assert refused.value.field == "rendered"
