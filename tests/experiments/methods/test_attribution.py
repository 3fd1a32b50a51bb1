"""Attributions on the real network against captum called directly, closed forms and autograd."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from PIL import Image

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import Attribution, recipe_from_json
from experiments.methods.attribution import map_layer
from experiments.workshop import LocalWorkshop
from model_zoo.activations import aggregate, layer_output
from model_zoo.address import UnitAddress
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop, pixels_of

pytestmark = pytest.mark.unit

SIDE = 64
UNIT = "efficientnet_lite0.in1k/_blocks.5:7"


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    smooth = np.random.default_rng(2).integers(0, 256, size=(8, 8, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("images") / "mine.png"
    Image.fromarray(smooth).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


def recipe(photograph: Path, method: str, **fields: Any) -> Attribution:
    return Attribution(**{"unit": UNIT, "image": str(photograph), "size": SIDE, "shown_size": 80, "method": method, **fields})


def raw_of(made: Manifest, workshop: LocalWorkshop) -> np.ndarray:
    return np.load(io.BytesIO(workshop.store.read_blob(made.file("raw.npy").sha256)))


def tensor(photograph: Path) -> torch.Tensor:
    return torch.tensor(np.asarray(Image.open(photograph))).permute(2, 0, 1)[None] / 255


def activation(images: torch.Tensor, unit: str = UNIT) -> torch.Tensor:
    address = UnitAddress.parse(unit)
    output = layer_output(load(address.model, device="cpu"), address.layer, images=images)
    return aggregate(output, aggregation="mean")[:, address.channel]


def test_saliency_is_the_gradient(photograph: Path, workshop: LocalWorkshop):
    made = workshop.obtain(recipe(photograph, "saliency"))

    image = tensor(photograph).requires_grad_()
    (gradient,) = torch.autograd.grad(activation(image).sum(), image)
    assert np.abs(raw_of(made, workshop) - gradient[0].numpy()).max() <= 1e-5 * gradient.abs().max().item()
    assert made.values["base"] == pytest.approx(activation(image).item(), abs=1e-5)
    assert made.values["dead"] is False
    assert made.values["image_sha256"] == hashlib.sha256(photograph.read_bytes()).hexdigest()


def test_integrated_gradients_miss_the_difference_by_the_gap_that_is_reported(photograph: Path, workshop: LocalWorkshop):
    made = workshop.obtain(recipe(photograph, "integrated_gradients", steps=32))

    image = tensor(photograph)
    with torch.no_grad():
        difference = (activation(image) - activation(torch.full_like(image, 0.5))).item()
    raw = raw_of(made, workshop)
    assert raw.shape == (3, SIDE, SIDE)
    assert raw.sum() - difference == pytest.approx(made.values["completeness_gap"], abs=1e-3)


def test_gradcam_at_a_unit_with_a_map_is_the_positive_part_of_that_map(photograph: Path, workshop: LocalWorkshop):
    made = workshop.obtain(recipe(photograph, "gradcam"))

    # The gradient of a spatial mean is 1 / area in its own channel and 0 in all others.
    model = load("efficientnet_lite0.in1k", device="cpu")
    with torch.no_grad():
        map_ = layer_output(model, "_blocks.5", images=tensor(photograph))[0, 7]
    expected = (map_ / map_.numel()).clamp(min=0).numpy()
    assert np.abs(raw_of(made, workshop) - expected).max() <= 1e-5 * expected.max()
    assert made.values["layer"] == "_blocks.5"


def test_gradcam_at_a_unit_without_a_map_takes_the_last_map_before_it(photograph: Path, workshop: LocalWorkshop):
    made = workshop.obtain(recipe(photograph, "gradcam", unit="efficientnet_lite0.in1k/_fc:207"))

    layer = made.values["layer"]
    model = load("efficientnet_lite0.in1k", device="cpu")
    # What comes after it is pooled to one cell, which says nothing about places.
    assert layer == map_layer(model, "_fc", image=tensor(photograph)) == "_bn1"
    assert made.values["layer"] == layer
    assert np.ptp(raw_of(made, workshop)) > 0
    assert raw_of(made, workshop).min() >= 0


def test_occlusion_is_captums(photograph: Path, workshop: LocalWorkshop):
    made = workshop.obtain(recipe(photograph, "occlusion"))

    with torch.no_grad():
        theirs = CaptumOcclusion(activation).attribute(
            tensor(photograph), sliding_window_shapes=(3, 16, 16), strides=(3, 4, 4), baselines=0.5
        )
    assert np.abs(raw_of(made, workshop) - theirs[0, 0].numpy()).max() <= 1e-4 * theirs.abs().max().item()


def test_the_map_is_red_for_and_blue_against_the_unit(photograph: Path, workshop: LocalWorkshop, tmp_path: Path):
    made = workshop.obtain(recipe(photograph, "occlusion", shown_size=SIDE))

    heat, about = raw_of(made, workshop), made.file("map").about
    red, _, blue = np.moveaxis(pixels_of(made, "map", workshop=workshop, tmp_path=tmp_path).astype(int), 2, 0)
    strong = np.abs(heat) > 0.1 * about["high"]
    assert about["low"] == -about["high"] < 0
    assert (np.sign(red - blue)[strong] == np.sign(heat)[strong]).all()
    overlay = pixels_of(made, "overlay", workshop=workshop, tmp_path=tmp_path).astype(int)
    colored = np.ptp(overlay, axis=2)
    assert colored[np.abs(heat) < 0.02 * about["high"]].max(initial=0) < colored[strong].max()


def test_an_attribution_travels_as_json(photograph: Path):
    asked = recipe(photograph, "integrated_gradients", steps=100)

    assert recipe_from_json(asked.as_json()) == asked
    assert asked.digest != recipe(photograph, "integrated_gradients").digest


@pytest.mark.parametrize(("field", "value"), [("steps", 100), ("size", 8), ("method", "magic")])
def test_what_a_method_does_not_take_is_refused(field: str, value: Any, photograph: Path):
    with pytest.raises(InputError) as raised:
        recipe_from_json({**recipe(photograph, "saliency").as_json(), field: value})

    assert raised.value.field == field
