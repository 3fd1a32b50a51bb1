"""Spaces of latents and the marginals on them: supports, radius, moments, bad input."""

import pytest
import torch

from experiments.contract.errors import InputError
from experiments.datasets.latents.conditionals import Laplace, Normal
from experiments.datasets.latents.marginals import Centered, Uniform
from experiments.datasets.latents.spaces import Box, Space, Sphere, Unbounded

pytestmark = pytest.mark.unit


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_uniform_points_of_a_sphere_have_its_radius_and_moments() -> None:
    points = Sphere(4, radius=2.5).uniform(20_000, generator=seeded())

    torch.testing.assert_close(points.norm(dim=-1), torch.full((20_000,), 2.5))
    torch.testing.assert_close(points.mean(dim=0), torch.zeros(4), atol=0.04, rtol=0)
    torch.testing.assert_close(points.T.cov(), torch.eye(4) * 2.5**2 / 4, atol=0.05, rtol=0)


def test_uniform_points_of_a_box_fill_it() -> None:
    points = Box(3, low=-1.0, high=3.0).uniform(20_000, generator=seeded())

    assert points.min() >= -1
    assert points.max() <= 3
    torch.testing.assert_close(points.mean(dim=0), torch.ones(3), atol=0.04, rtol=0)
    torch.testing.assert_close(points.T.cov(), torch.eye(3) * 16 / 12, atol=0.04, rtol=0)


def test_nothing_is_uniform_on_an_unbounded_space() -> None:
    with pytest.raises(InputError) as refused:
        Uniform().sample(3, space=Unbounded(2), generator=seeded())

    assert refused.value.field == "marginal"


def test_empty_box_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Box(2, low=1.0, high=1.0)

    assert refused.value.field == "low"


@pytest.mark.parametrize(
    ("space", "center"),
    [(Sphere(3, radius=2.0), [2.0, 0, 0]), (Box(3, low=0.0, high=4.0), [2.0, 2, 2]), (Unbounded(3), [0.0, 0, 0])],
)
def test_centered_marginal_lies_around_the_center_of_the_space(space: Space, center: list[float]) -> None:
    points = Centered(Normal(0.05)).sample(5000, space=space, generator=seeded())

    torch.testing.assert_close(points.mean(dim=0), torch.tensor(center), atol=0.01, rtol=0)
    torch.testing.assert_close(space.project(points), points)


@pytest.mark.parametrize("marginal", [Uniform(), Centered(Laplace(1.0))])
def test_same_seed_draws_the_same_points(marginal: Uniform | Centered) -> None:
    draws = [marginal.sample(5, space=Box(3), generator=seeded(seed)) for seed in (1, 1, 2)]

    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
