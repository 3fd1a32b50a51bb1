"""Detectors of visualizations: what is done to images, training on two kinds that differ, and the threshold."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from experiments.methods.circuits.detection import Examples, false_alarms, logits, train
from experiments.methods.circuits.distortions import BLUR_SIGMA, DISTORTIONS, JPEG_QUALITY, NOISE_SD
from experiments.methods.circuits.ways import snapshot_steps
from model_zoo.preprocessing import Preprocess

pytestmark = pytest.mark.unit

PREPROCESS = Preprocess(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), device="cpu")


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stripes(count: int, *, period: int, seed: int) -> np.ndarray:
    """Noisy stripes: two periods are two kinds."""
    rng = np.random.default_rng(seed)
    wave = (np.arange(48) // period % 2 * 160)[None, :, None, None] + rng.integers(0, 90, (count, 48, 48, 3))
    return wave.astype(np.uint8)


def test_blur_is_that_of_scipy():
    image = torch.rand(1, 3, 32, 32, generator=seeded())

    blurred = DISTORTIONS["blur"](image, seeded())[0, 0, 8:-8, 8:-8]

    expected = ndimage.gaussian_filter(image[0, 0].numpy(), BLUR_SIGMA, radius=4)[8:-8, 8:-8]
    assert np.abs(blurred.numpy() - expected).max() < 1e-4


def test_noise_has_its_spread():
    noisy = DISTORTIONS["noise"](torch.full((4, 3, 32, 32), 0.5), seeded())

    assert noisy.std().item() == pytest.approx(NOISE_SD, rel=0.05)


def test_jpeg_is_that_of_pillow():
    image = torch.rand(1, 3, 32, 32, generator=seeded())
    pixels = (image[0] * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=JPEG_QUALITY)

    compressed = DISTORTIONS["jpeg"](image, seeded())[0].permute(1, 2, 0).numpy()

    assert np.abs(compressed * 255 - np.asarray(Image.open(file))).max() < 1e-3


@pytest.mark.parametrize("name", DISTORTIONS)
def test_distortions_keep_size_and_range(name: str):
    image = torch.rand(3, 3, 48, 48, generator=seeded())

    distorted = DISTORTIONS[name](image, seeded())

    assert distorted.shape == image.shape
    assert distorted.min() >= -1e-5
    assert distorted.max() <= 1 + 1e-5


def test_detector_tells_two_kinds_apart_at_sizes_that_it_was_not_given():
    training, validation = (
        Examples(natural=stripes(40, period=8, seed=seed), visualizations=stripes(40, period=3, seed=seed + 1)) for seed in (1, 3)
    )
    told: list[int] = []

    detector, losses = train(
        training,
        validation,
        preprocess=PREPROCESS,
        epochs=3,
        seed=1,
        device="cpu",
        report=lambda done, _all, _doing: told.append(done),
    )

    natural, fooling = stripes(20, period=8, seed=9), stripes(20, period=3, seed=10)
    assert told == list(range(120))
    assert losses[-1] < losses[0]
    assert (logits(detector, fooling, preprocess=PREPROCESS, side=48) <= 0).all()
    assert false_alarms(detector, natural, preprocess=PREPROCESS, side=64, device="cpu")["plain"] == 0
    assert not detector.training


def test_snapshots_are_denser_at_the_beginning():
    assert snapshot_steps(64) == (0, 1, 2, 4, 8, 16, 32, 64)
    assert snapshot_steps(10) == (0, 1, 2, 4, 8, 10)
    assert snapshot_steps(1) == (0, 1)
