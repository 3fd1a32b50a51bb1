"""Pools that change under what was made from them: numbers of images go on meaning the same pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.contract.errors import InputError
from experiments.contract.recipes import FeatureVisualization, Occlusion, PoolListing
from experiments.methods.circuits.pictures import read_pictures
from experiments.methods.exemplars import as_tensor
from experiments.methods.feature_visualization.colors import from_rgb
from experiments.methods.feature_visualization.maco import natural_magnitudes
from experiments.methods.pool_listing import ListedPool
from experiments.methods.shown_image import image_of
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
    before = image_of(recipe, workshop)
    magnitudes = natural_magnitudes(ListedPool.of(recipe, workshop), side=32)

    add_image(folder / "00_first.png", seed=9)
    later = image_of(recipe, workshop)
    magnitudes_later = natural_magnitudes(ListedPool.of(recipe, workshop), side=32)

    assert (later.seen.source, later.shown.source) == (before.seen.source, before.shown.source)
    assert np.array_equal(later.shown.pixels, before.shown.pixels)
    assert torch.equal(magnitudes_later, magnitudes)
    assert ListedPool.of(recipe, workshop).listing.digest in before.parents


def test_image_that_cannot_be_read_is_skipped_and_counted(folder: Path, tmp_path: Path):
    (folder / "1.png").write_bytes(b"no image")
    workshop = new_workshop(tmp_path / "store")
    pool = ListedPool(workshop.obtain(PoolListing(pool=str(folder))), store=workshop.store)
    whole = [pool.read(number, side=32) for number in (0, 2)]

    pictures = read_pictures(pool, side=32, report=workshop.report)
    magnitudes = natural_magnitudes(pool, side=32)

    assert pictures.sources.tolist() == [image.source for image in whole] == ["0.png", "2.png"]
    spectra = [torch.fft.rfft2(from_rgb(as_tensor(image.pixels[None], device="cpu"))[0], norm="ortho").abs() for image in whole]
    assert torch.allclose(magnitudes, torch.stack(spectra).mean(dim=0), rtol=1e-4)
    # Met twice, it is one image.
    assert pool.lost["unreadable_images"] == 1
    assert pool.lost["unreadable"][0]["source"] == "1.png"


def test_pool_without_any_image_that_can_be_read_is_refused(folder: Path, tmp_path: Path):
    for path in folder.iterdir():
        path.write_bytes(b"no image")
    workshop = new_workshop(tmp_path / "store")
    pool = ListedPool(workshop.obtain(PoolListing(pool=str(folder))), store=workshop.store)

    with pytest.raises(InputError, match="none of 3 images"):
        natural_magnitudes(pool, side=32)


def test_visualization_names_the_listing_that_its_magnitudes_come_from(folder: Path, tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    recipe = FeatureVisualization(
        unit=UNIT, parametrization="maco", steps=1, size=32, pool=str(folder), pool_size=10, pool_resolution=32
    )

    made = workshop.obtain(recipe)

    assert ListedPool.of(recipe, workshop).listing.digest in made.parents
