"""Uniform dequantization, bits per dimension, and the refusal of images that still have their levels."""

import math

import pytest
import torch

from experiments.contract.errors import InputError
from experiments.methods.score_models.dequantization import (
    bits_per_dimension,
    dequantized,
    quantized,
    require_dequantized,
    within_levels,
)
from experiments.methods.score_models.diffusions import VariancePreserving
from experiments.methods.score_models.likelihood import class_log_likelihoods, log_likelihood

pytestmark = pytest.mark.unit
LEVELS = 17


def test_dequantized_images_are_uniform_within_their_levels() -> None:
    counts = torch.arange(LEVELS).repeat(400, 1)

    points = dequantized(counts, levels=LEVELS, generator=torch.Generator().manual_seed(0))

    within = (points + 1) * LEVELS / 2 - counts
    assert float(within.min()) >= -1e-5
    assert float(within.max()) <= 1 + 1e-5
    assert float(within.mean()) == pytest.approx(0.5, abs=0.02)
    assert float(within.var()) == pytest.approx(1 / 12, abs=0.005)
    assert float(points.min()) >= -1
    assert float(points.max()) <= 1


def test_the_same_noise_gives_the_same_points_for_counts_and_colors() -> None:
    counts = torch.randint(0, LEVELS, (3, 1, 4, 4), generator=torch.Generator().manual_seed(1))
    noise = torch.rand(counts.shape, generator=torch.Generator().manual_seed(0))

    from_colors = within_levels(counts / (LEVELS - 1), noise=noise, levels=LEVELS)

    assert torch.equal(quantized(counts / (LEVELS - 1), levels=LEVELS), counts)
    assert torch.equal(from_colors, dequantized(counts, levels=LEVELS, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_uniform_density_takes_the_logarithm_of_the_levels(levels: int) -> None:
    uniform = torch.tensor([-64 * math.log(2.0)])

    assert float(bits_per_dimension(uniform, dimensions=64, levels=levels)) == pytest.approx(math.log2(levels))


@pytest.mark.parametrize(
    "counts", [torch.zeros(1, 4), torch.full((1, 4), LEVELS), torch.full((1, 4), -1)], ids=["floats", "too high", "too low"]
)
def test_what_is_no_level_is_refused(counts: torch.Tensor) -> None:
    with pytest.raises(InputError, match="images"):
        dequantized(counts, levels=LEVELS, generator=torch.Generator())


def test_density_refuses_images_with_levels() -> None:
    """Without the noise within levels bits per dimension can fall below 0."""
    counts = torch.randint(0, LEVELS, (2, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    labels, diffusion = torch.zeros(2, dtype=torch.long), VariancePreserving()

    for images in (counts, counts / (LEVELS - 1) * 2 - 1):
        with pytest.raises(InputError, match="dequantized") as error:
            log_likelihood(lambda points, times, labels: points, images, labels, diffusion=diffusion)
        assert error.value.field == "images"


def test_dequantized_images_are_let_through_and_one_with_levels_among_them_is_not() -> None:
    counts = torch.zeros(3, 1, 8, 8, dtype=torch.long)
    points = dequantized(counts, levels=256, generator=torch.Generator().manual_seed(0))

    require_dequantized(points)

    points[1] = -1.0
    with pytest.raises(InputError, match="levels"):
        require_dequantized(points)


@pytest.mark.parametrize("levels", [17, 256])
def test_small_images_on_known_levels_are_refused_and_their_dequantizations_are_not(levels: int) -> None:
    generator = torch.Generator().manual_seed(0)
    counts = torch.randint(0, levels, (200, 1, 8, 8), generator=generator)

    require_dequantized(dequantized(counts, levels=levels, generator=generator), levels=levels)

    for points in (2 * counts / (levels - 1) - 1, 2 * counts / levels - 1, (2 * counts + 1) / levels - 1):
        with pytest.raises(InputError, match="levels"):
            require_dequantized(points, levels=levels)


def test_likelihood_of_small_images_knows_their_levels() -> None:
    points = 2 * torch.randperm(64, generator=torch.Generator().manual_seed(0)).view(1, 1, 8, 8) / 255 - 1

    with pytest.raises(InputError, match="levels"):
        class_log_likelihoods(
            lambda points, times, labels: points, points, classes=(0, 1), diffusion=VariancePreserving(), levels=256
        )
