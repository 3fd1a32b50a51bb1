"""Occlusion against a plain loop and against captum, on the real network."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from PIL import Image
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.contract.recipes import Exemplars, Occlusion
from experiments.datasets.pool import open_pool
from experiments.methods.occlusion import Sweep, cover, patch_fills, sweep
from model_zoo.activations import unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load
from tests.experiments.methods.workshops import POOL, UNIT, new_workshop, pixels_of

pytestmark = pytest.mark.unit

SIDE = 64


def photograph() -> Tensor:
    pixels = open_pool("photographs", size=10, seed=1).read(1, side=SIDE).pixels
    return torch.tensor(pixels).permute(2, 0, 1) / 255


def recipe(**fields: Any) -> Occlusion:
    return Occlusion(**{"unit": UNIT, "size": SIDE, "shown_size": SIDE, "patch": 0.25, "stride": 12, **POOL, **fields})


def swept(asked: Occlusion, image: Tensor) -> Sweep:
    return sweep(asked, image=image, model=load("efficientnet_lite0.in1k", device="cpu"), report=lambda *_progress: None)


def activation(images: Tensor) -> Tensor:
    model = load("efficientnet_lite0.in1k", device="cpu")
    return unit_activations(model, UnitAddress.parse(UNIT), aggregation="mean", images=images)


def test_sweep_equals_a_plain_loop():
    image = photograph()
    expected = np.empty((5, 5))
    for row in range(5):
        for column in range(5):
            copy = image.clone()
            patch = copy[:, row * 12 : row * 12 + 16, column * 12 : column * 12 + 16]
            patch[:] = patch.mean(dim=(1, 2), keepdim=True)
            with torch.no_grad():
                expected[row, column] = activation(copy[None]).item()

    result = swept(recipe(), image)

    assert np.abs(result.grid - expected).max() < 1e-4
    with torch.no_grad():
        assert result.base == pytest.approx(activation(image[None]).item(), abs=1e-5)


def test_sweep_with_gray_equals_captum():
    image = photograph()

    theirs = CaptumOcclusion(activation).attribute(
        image[None], sliding_window_shapes=(3, 16, 16), strides=(3, 16, 16), baselines=0.5
    )
    ours = swept(recipe(fill="gray", stride=16), image)

    assert np.abs(theirs[0, 0, ::16, ::16].numpy() - (ours.base - ours.grid)).max() < 1e-4


def test_patch_fills_has_the_published_geometry():
    # 90 px squares over 224 px: 68 x 68 positions every 2 px.
    assert patch_fills(torch.zeros(3, 224, 224), patch=90, stride=2, fill="gray").shape == (68, 68, 3)
    assert round(Occlusion(unit=UNIT).patch * 224) == 90


def test_cover_keeps_the_place_of_the_square_at_another_size():
    pixels = np.random.default_rng(1).integers(0, 256, size=(20, 20, 3), dtype=np.uint8)

    covered = cover(pixels, position=(2, 4), patch=5, scale=2.0, fill="patch_mean")

    expected = pixels.copy()
    expected[4:14, 8:18] = pixels[4:14, 8:18].mean(axis=(0, 1)).round()
    assert np.array_equal(covered, expected)


def test_make_occludes_the_exemplar_of_its_rank(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    exemplar = workshop.obtain(Exemplars(unit=UNIT, k=3, sign="max", size=80, **POOL)).file("max_002")

    made = workshop.obtain(recipe(rank=2, shown_size=80))

    assert made.file("base").sha256 == exemplar.sha256
    # Occluded at the size at which it was ranked, the whole image activates as it did in the pool.
    assert made.values["base"] == pytest.approx(exemplar.about["activation"], abs=1e-4)
    grid = np.array(made.values["grid"])
    assert (made.values["min"], made.values["max"]) == (grid.min(), grid.max())
    top, left = made.values["min_position"]
    assert grid[top // 12, left // 12] == grid.min()
    base, least = (pixels_of(made, name, workshop=workshop, tmp_path=tmp_path).astype(int) for name in ("base", "min"))
    changed = np.argwhere((base != least).any(axis=2))
    assert changed.min(axis=0).tolist() >= [round(top * 80 / 64), round(left * 80 / 64)]
    assert (changed.max(axis=0) < [round((top + 16) * 80 / 64), round((left + 16) * 80 / 64)]).all()


def test_make_takes_an_image_of_the_users(tmp_path: Path):
    path = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, size=(50, 70, 3), dtype=np.uint8)).save(path)
    workshop = new_workshop(tmp_path / "store")

    made = workshop.obtain(recipe(image=str(path)))

    assert made.file("base").about["box"] == [10, 0, 60, 50]
    assert made.parents == ()
    assert made.values["image_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (made.values["inference"], made.values["positions_read"], made.values["dead"]) == ("incremental", 25, False)


def test_make_coarse_to_fine_says_that_it_is_approximate(tmp_path: Path):
    path = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, size=(64, 64, 3), dtype=np.uint8)).save(path)

    made = new_workshop(tmp_path / "store").obtain(recipe(image=str(path), mode="coarse_to_fine", patch=0.5, stride=1))

    values = made.values
    assert (values["approximate"], values["positions"]) == (True, 33 * 33)
    read = [value for row in values["grid"] for value in row if value is not None]
    assert len(read) == values["positions_read"] < values["positions"] / 2
    assert (min(read), max(read)) == (values["min"], values["max"])


def test_make_refuses_an_image_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "bad.png").write_bytes(b"no image")

    with pytest.raises(InputError) as raised:
        new_workshop(tmp_path / "store").obtain(recipe(image=str(tmp_path / "bad.png")))

    assert raised.value.field == "image"


def test_image_that_is_tiny_is_refused_and_one_that_is_not_square_is_said_to_be_cut(tmp_path: Path):
    workshop, paths = new_workshop(tmp_path / "store"), {}
    for name, size in (("tiny", (500, 5)), ("wide", (90, 40))):
        paths[name] = str(tmp_path / f"{name}.png")
        Image.new("RGB", size, (200, 30, 30)).save(paths[name])
    fields = {"unit": UNIT, "size": 64, "stride": 38}

    with pytest.raises(InputError, match="500 x 5 px"):
        workshop.obtain(Occlusion(**fields, image=paths["tiny"]))
    made = workshop.obtain(Occlusion(**fields, image=paths["wide"]))

    assert (made.values["cut_to"], list(made.values["cut_from"])) == (40, [90, 40])
