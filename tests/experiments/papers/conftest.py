"""What the tests of stimuli share: one store for all of them, and a folder of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.workshop import LocalWorkshop
from tests.experiments.methods.workshops import new_workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    """A workshop whose store the tests share, as they build on the same exemplars."""
    return new_workshop(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred images of squares of two colors, no two the same."""
    path, rng = tmp_path_factory.mktemp("pool"), np.random.default_rng(1)
    for number in range(200):
        pixels = np.tile(rng.integers(0, 256, size=(1, 1, 3), dtype=np.uint8), (32, 32, 1))
        pixels[8:24, 8:24] = rng.integers(0, 256, size=3)
        Image.fromarray(pixels).save(path / f"{number:03d}.png")
    return path
