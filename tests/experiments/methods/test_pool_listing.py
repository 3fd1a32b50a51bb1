"""Pools that change under what was made from them: numbers of images go on meaning the same pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.contract.recipes import FeatureVisualization, Occlusion
from experiments.methods.feature_visualization.maco import natural_magnitudes
from experiments.methods.pool_listing import ListedPool
from experiments.methods.shown_image import images_of
from tests.experiments.methods.workshops import UNIT, new_workshop

pytestmark = pytest.mark.unit


def add_image(path: Path, *, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, size=(40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images."""
    folder = tmp_path / "pool"
    folder.mkdir()
    for number in range(3):
        add_image(folder / f"{number}.png", seed=number)
    return folder


def test_image_added_later_shifts_no_picture(folder: Path, tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    recipe = Occlusion(unit=UNIT, pool=str(folder), pool_size=10, pool_resolution=32, size=32, shown_size=48)
    seen, shown, parents = images_of(recipe, workshop)
    magnitudes = natural_magnitudes(ListedPool.of(recipe, workshop), side=32)

    add_image(folder / "00_first.png", seed=9)
    seen_later, shown_later, _ = images_of(recipe, workshop)
    magnitudes_later = natural_magnitudes(ListedPool.of(recipe, workshop), side=32)

    assert (seen_later.source, shown_later.source) == (seen.source, shown.source)
    assert np.array_equal(shown_later.pixels, shown.pixels)
    assert torch.equal(magnitudes_later, magnitudes)
    assert ListedPool.of(recipe, workshop).listing.digest in parents


def test_visualization_names_the_listing_that_its_magnitudes_come_from(folder: Path, tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    recipe = FeatureVisualization(
        unit=UNIT, parametrization="maco", steps=1, size=32, pool=str(folder), pool_size=10, pool_resolution=32
    )

    made = workshop.obtain(recipe)

    assert ListedPool.of(recipe, workshop).listing.digest in made.parents
