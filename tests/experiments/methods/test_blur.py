"""Blur against SciPy and a plain loop, on the real network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.contract.recipes import Blur, Exemplars, Occlusion, recipe_from_json
from experiments.datasets.pool import open_pool
from experiments.methods.blur import blurred, reveal, sweep
from model_zoo.activations import unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load
from tests.experiments.methods.workshops import POOL, UNIT, new_workshop, pixels_of

pytestmark = pytest.mark.unit

SIDE = 64


def photograph(side: int = SIDE) -> Tensor:
    pixels = open_pool("photographs", size=10, seed=1).read(1, side=side).pixels
    return torch.tensor(pixels).permute(2, 0, 1) / 255


def recipe(**fields: Any) -> Blur:
    return Blur(**{"unit": UNIT, "size": SIDE, "shown_size": SIDE, "patch": 0.25, "stride": 12, **POOL, **fields})


def activation(image: np.ndarray) -> float:
    model = load("efficientnet_lite0.in1k", device="cpu")
    with torch.no_grad():
        images = torch.tensor(image, dtype=torch.float32)[None]
        return unit_activations(model, UnitAddress.parse(UNIT), aggregation="mean", images=images).item()


def gaussian(image: np.ndarray, sigma: float, radius: int) -> np.ndarray:
    """SciPy's, channel by channel; `mirror` is OpenCV's default border."""
    return np.stack([ndimage.gaussian_filter(channel, sigma, mode="mirror", radius=radius) for channel in image])


def test_blurred_is_the_published_kernel_at_224_px():
    image = photograph(224)

    ours = blurred(image, sigma=Blur(unit=UNIT).sigma)

    # OpenCV: a 21 px kernel whose sigma is 0.3 * ((21 - 1) * 0.5 - 1) + 0.8 = 3.5.
    assert np.abs(ours.numpy() - gaussian(image.numpy(), 3.5, radius=10)).max() < 1e-5


def test_blurred_grows_with_the_image():
    image = photograph(64)

    ours = blurred(image, sigma=7.0)

    assert np.abs(ours.numpy() - gaussian(image.numpy(), 2.0, radius=6)).max() < 1e-5


def test_sweep_equals_a_plain_loop():
    image, asked = photograph(), recipe()
    background = gaussian(image.numpy(), 1.0, radius=3)
    expected = np.empty((5, 5))
    for row in range(5):
        for column in range(5):
            window = np.s_[:, row * 12 : row * 12 + 16, column * 12 : column * 12 + 16]
            copy = background.copy()
            copy[window] = image.numpy()[window]
            expected[row, column] = activation(copy)

    model = load("efficientnet_lite0.in1k", device="cpu")
    swept = sweep(asked, image=image, model=model, report=lambda *_progress: None)

    assert np.abs(swept.grid - expected).max() < 1e-4
    assert swept.base == pytest.approx(activation(image.numpy()), abs=1e-4)


def test_reveal_leaves_the_square_sharp_at_another_size():
    pixels = np.random.default_rng(1).integers(0, 256, size=(64, 64, 3), dtype=np.uint8)

    shown = reveal(pixels, position=(4, 8), patch=8, scale=2.0, sigma=3.5)

    window = np.s_[8:24, 16:32]
    expected = np.rint(gaussian(pixels.transpose(2, 0, 1) / 255, 1.0, radius=3).transpose(1, 2, 0) * 255)
    expected[window] = pixels[window]
    assert np.array_equal(shown[window], pixels[window])
    assert np.abs(shown.astype(int) - expected).max() <= 1


def test_make_blurs_the_exemplar_of_its_rank_but_for_the_best_square(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    exemplar = workshop.obtain(Exemplars(unit=UNIT, k=3, sign="max", size=80, **POOL)).file("max_002")

    made = workshop.obtain(recipe(rank=2, shown_size=80))

    assert {file.name for file in made.files} == {"base", "map", "min", "max"}
    assert made.file("base").sha256 == exemplar.sha256
    grid = np.array(made.values["grid"])
    assert (made.values["min"], made.values["max"]) == (grid.min(), grid.max())
    top, left = made.values["max_position"]
    assert grid[top // 12, left // 12] == grid.max()
    base, most = (pixels_of(made, name, workshop=workshop, tmp_path=tmp_path).astype(int) for name in ("base", "max"))
    sharp = np.s_[round(top * 80 / 64) : round((top + 16) * 80 / 64), round(left * 80 / 64) : round((left + 16) * 80 / 64)]
    assert np.array_equal(base[sharp], most[sharp])
    assert np.abs(base - most).mean() > 1


def test_a_blur_is_a_recipe_of_its_own():
    asked = recipe()

    assert recipe_from_json(asked.as_json()) == asked
    assert (
        asked.digest
        != Occlusion(**{name: value for name, value in asked.as_json().items() if name not in ("kind", "sigma")}).digest
    )
    assert asked.digest != recipe(sigma=3.0).digest


@pytest.mark.parametrize(("field", "value"), [("sigma", 0.0), ("sigma", 65.0), ("fill", "gray"), ("patch", 2.0), ("stride", 0)])
def test_what_cannot_be_blurred_is_refused(field: str, value: Any):
    with pytest.raises(InputError) as raised:
        recipe(**{field: value})

    assert raised.value.field == field


@pytest.mark.parametrize("sigma", [0.1, 64.0])
@pytest.mark.parametrize("side", [32, 224])
def test_every_allowed_width_can_be_blurred(sigma: float, side: int):
    image = photograph(side)

    ours = blurred(image, sigma=sigma)

    assert ours.shape == image.shape
    assert torch.isfinite(ours).all()
    assert ours.std() <= image.std() + 1e-6
