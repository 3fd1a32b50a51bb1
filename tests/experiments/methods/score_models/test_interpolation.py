"""Ways between images: the sphere of latents, and there and back by the probability flow."""

import numpy as np
import pytest
import torch
from scipy.spatial import geometric_slerp

from experiments.contract.errors import InputError
from experiments.methods.score_models.diffusions import DIFFUSIONS, Diffusion
from experiments.methods.score_models.interpolation import between, decode, encode, slerp
from experiments.methods.score_models.probability_flow import Integration
from tests.experiments.methods.score_models.exact import POINTS, ExactMixture

pytestmark = pytest.mark.unit
SHARES = torch.linspace(0, 1, 5, dtype=torch.float64)
LATENTS = torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_slerp_goes_along_the_sphere() -> None:
    first, second = (one.flatten() / one.norm() for one in LATENTS)

    found = slerp(first, second, SHARES)

    np.testing.assert_allclose(found.numpy(), geometric_slerp(first.numpy(), second.numpy(), SHARES.numpy()), atol=1e-10)


def test_slerp_begins_and_ends_at_its_latents_and_lengths_go_evenly() -> None:
    found = slerp(LATENTS[0], 3 * LATENTS[1], SHARES)

    assert torch.allclose(found[[0, -1]], torch.stack([LATENTS[0], 3 * LATENTS[1]]))
    lengths = found.flatten(1).norm(dim=1)
    assert torch.allclose(lengths.diff(), lengths.diff().mean().expand(4))


def test_slerp_between_the_same_latents_stays() -> None:
    assert torch.allclose(slerp(LATENTS[0], LATENTS[0], SHARES), LATENTS[:1].expand(5, 1, 3, 3))


@pytest.mark.parametrize("second", [-LATENTS[0], torch.zeros_like(LATENTS[0])], ids=["opposite", "zero"])
def test_slerp_without_one_way_is_refused(second: torch.Tensor) -> None:
    with pytest.raises(InputError, match="latents"):
        slerp(LATENTS[0], second, SHARES)


@pytest.mark.parametrize("diffusion", DIFFUSIONS.values(), ids=DIFFUSIONS)
def test_there_and_back_gives_the_images(diffusion: Diffusion) -> None:
    network, labels = ExactMixture(diffusion), torch.full((3,), 2)
    integration = Integration(steps=40, divergence="none")

    with torch.no_grad():
        latents = encode(network, POINTS, labels, diffusion=diffusion, integration=integration)
        images = decode(network, latents, labels, diffusion=diffusion, integration=integration)

    assert torch.allclose(images, POINTS, atol=1e-3)
    assert float((latents / diffusion.prior_deviation - POINTS).abs().max()) > 0.1


@pytest.mark.parametrize("way", ["latents", "pixels"])
def test_ways_begin_and_end_at_their_images(way) -> None:
    diffusion = DIFFUSIONS["vp"]

    with torch.no_grad():
        path = between(ExactMixture(diffusion), POINTS[:2], told=2, diffusion=diffusion, points=5, way=way)

    assert torch.allclose(path[[0, -1]], POINTS[:2], atol=1e-2)
    is_straight = torch.allclose(path[2], POINTS[:2].mean(0), atol=1e-3)
    assert is_straight == (way == "pixels")
