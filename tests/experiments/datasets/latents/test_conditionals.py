"""The laws of positives: against scipy's distributions and numerical integrals, in each space; seeds; bad input."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import special, stats

from experiments.contract.errors import InputError
from experiments.datasets.latents import bingham, von_mises_fisher
from experiments.datasets.latents.conditionals import (
    Anisotropic,
    Conditional,
    GeneralizedNormal,
    Laplace,
    Normal,
    VonMisesFisher,
)
from experiments.datasets.latents.generalized_normal import distance_at, probability_within
from experiments.datasets.latents.spaces import Box, Sphere, Unbounded

pytestmark = pytest.mark.unit

COUNT = 20_000
LAWS = [
    (Laplace(0.3), stats.laplace(0.2, 0.3)),
    (Normal(0.3), stats.norm(0.2, 0.3)),
    (GeneralizedNormal(3, 0.3), stats.gennorm(3, 0.2, 0.3)),
    (GeneralizedNormal(1.5, 0.3), stats.gennorm(1.5, 0.2, 0.3)),
]
# A frozen law of scipy is named by its address in memory, and every process has to give the tests the same names.
NAMES = [str(law) for law, _ in LAWS]
ANISOTROPIES = [((1.0, 8.0, 3.0), 1.0), ((0.2, 0.1, 0.3), 1.0), ((60.0, 2.0, 2.0), 1.0), ((1.0, 8.0, 3.0), 1.7)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("law", "reference"), LAWS, ids=NAMES)
def test_law_in_all_of_space_is_that_of_scipy(law: Conditional, reference: stats.rv_continuous) -> None:
    drawn = law.sample(torch.full((COUNT, 1), 0.2), space=Unbounded(1), generator=seeded())

    assert stats.kstest(drawn[:, 0].double().numpy(), reference.cdf).pvalue > 0.01


@pytest.mark.parametrize(("law", "reference"), LAWS, ids=NAMES)
def test_law_in_a_box_is_cut_off_at_its_sides(law: Conditional, reference: stats.rv_continuous) -> None:
    low, high = -0.1, 1.0

    drawn = law.sample(torch.full((COUNT, 2), 0.2), space=Box(2, low=low, high=high), generator=seeded(1))

    inside = reference.cdf(high) - reference.cdf(low)
    for latent in drawn.double().numpy().T:
        assert stats.kstest(latent, lambda z: (reference.cdf(z) - reference.cdf(low)) / inside).pvalue > 0.01
    assert abs(np.corrcoef(drawn.numpy().T)[0, 1]) < 0.03


def test_normal_law_in_a_corner_of_a_box_is_scipys_truncated_one() -> None:
    drawn = Normal(0.05).sample(torch.zeros(COUNT, 1), space=Box(1), generator=seeded())

    assert stats.kstest(drawn[:, 0].double().numpy(), stats.truncnorm(0, 20, 0, 0.05).cdf).pvalue > 0.01


@pytest.mark.parametrize("power", [1, 2, 3, 6, 1.5])
def test_inverse_distribution_function_is_exact_to_a_hundred_millionth(power: float) -> None:
    shares = np.concatenate([np.linspace(0, 1, 20_001)[:-1], 1 - np.logspace(-12, -3, 50), np.logspace(-12, -3, 50)])

    distances = distance_at(torch.from_numpy(shares), power=power)

    np.testing.assert_allclose(special.gammainc(1 / power, distances.numpy() ** power), shares, atol=1e-8, rtol=0)
    np.testing.assert_allclose(probability_within(distances, power=power).numpy(), shares, atol=1e-8, rtol=0)


@pytest.mark.parametrize("law", [Laplace(0.3), Normal(0.3), GeneralizedNormal(3, 0.3)], ids=str)
def test_law_on_a_sphere_is_that_of_space_projected(law: Conditional) -> None:
    around, sphere = torch.tensor([[0.0, 2.0, 0.0]]).expand(50, -1), Sphere(3, radius=2.0)

    drawn = law.sample(around, space=sphere, generator=seeded())

    outside = law.sample(around, space=Unbounded(3), generator=seeded())
    torch.testing.assert_close(drawn, 2 * outside / outside.norm(dim=-1, keepdim=True))


@pytest.mark.parametrize(("latents", "concentration"), [(2, 3.0), (3, 10.0), (10, 1.0), (10, 500.0)])
def test_von_mises_fisher_law_is_that_of_scipy(latents: int, concentration: float) -> None:
    pole = torch.nn.functional.normalize(torch.arange(1.0, latents + 1), dim=0)
    reference = stats.vonmises_fisher(pole.double().numpy(), concentration).rvs(COUNT, random_state=np.random.default_rng(1))

    drawn = VonMisesFisher(concentration).sample(
        3 * pole.expand(COUNT, -1), space=Sphere(latents, radius=3.0), generator=seeded()
    )

    torch.testing.assert_close(drawn.norm(dim=-1), torch.full((COUNT,), 3.0))
    for direction in (pole, torch.eye(latents)[0], torch.eye(latents)[-1]):
        found = (drawn / 3 @ direction).double().numpy()
        assert stats.ks_2samp(found, reference @ direction.double().numpy()).pvalue > 0.01


@pytest.mark.parametrize("concentration", [0.1, 10.0, 1000.0])
def test_angles_on_the_common_sphere_are_those_of_the_closed_form(concentration: float) -> None:
    shares = torch.linspace(0, 0.9999, 5001, dtype=torch.float64)

    angles = von_mises_fisher.angles(3, concentration, torch.device("cpu")).quantile(shares)

    # The cosine has the density exp(concentration · cosine) there: 1 - its distribution function is the share of the angle.
    below = np.expm1(-2 * concentration * np.sin(angles.numpy() / 2) ** 2) / np.expm1(-2 * concentration)
    np.testing.assert_allclose(below, shares.numpy(), atol=1e-10, rtol=0)


def test_mean_of_the_von_mises_fisher_law_is_a_ratio_of_bessel_functions() -> None:
    around = torch.eye(10)[0].expand(100_000, -1)

    cosines = VonMisesFisher(10.0).sample(around, space=Sphere(10), generator=seeded())[:, 0]

    assert cosines.mean().item() == pytest.approx(special.iv(5, 10) / special.iv(4, 10), abs=4 * cosines.std().item() / 316)


@pytest.mark.parametrize(("precisions", "radius"), ANISOTROPIES)
def test_anisotropic_law_has_the_moments_of_its_density(precisions: tuple[float, ...], radius: float) -> None:
    around = radius * np.array([0.5, 0.6, -0.4]) / math.sqrt(0.77)
    points, weights = sphere_grid(radius)
    weights = weights * np.exp(-0.5 * (precisions * (points - around) ** 2).sum(axis=1))

    drawn = (
        Anisotropic(precisions)
        .sample(torch.tensor(around, dtype=torch.float32).expand(COUNT, -1), space=Sphere(3, radius=radius), generator=seeded())
        .double()
        .numpy()
    )

    for values in moments():
        found, expected = values(drawn), np.average(values(points), weights=weights)
        assert abs(found.mean() - expected) < 4 * found.std() / math.sqrt(COUNT)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), radius, rtol=1e-6)


def moments() -> list[Callable[[np.ndarray], np.ndarray]]:
    first = [lambda z, i=i: z[:, i] for i in range(3)]
    return (
        first + [lambda z, i=i, j=j: z[:, i] * z[:, j] for i in range(3) for j in range(i)] + [lambda z: z[:, 1] ** 2 * z[:, 0]]
    )


def sphere_grid(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Points of a sphere of R^3 and weights that integrate over it."""
    heights, weights = np.polynomial.legendre.leggauss(100)
    angles = np.arange(200) * 2 * np.pi / 200
    height, angle = (grid.ravel() for grid in np.meshgrid(heights, angles, indexing="ij"))
    across = np.sqrt(1 - height**2)
    return radius * np.stack([across * np.cos(angle), across * np.sin(angle), height], axis=1), np.repeat(weights, 200)


def test_anisotropic_law_of_equal_precisions_is_von_mises_fisher() -> None:
    around = torch.eye(6)[2].expand(COUNT, -1)

    drawn = Anisotropic((7.0,) * 6).sample(around, space=Sphere(6), generator=seeded(1))

    isotropic = VonMisesFisher(7.0).sample(around, space=Sphere(6), generator=seeded(2))
    for latent in (2, 0):
        assert stats.ks_2samp(drawn[:, latent].numpy(), isotropic[:, latent].numpy()).pvalue > 0.01


@pytest.mark.parametrize("precisions", [tuple(np.linspace(5, 25, 10)), (25.0,) * 5 + (5.0,) * 5])
def test_a_seventh_of_the_proposals_is_accepted_for_published_precisions(precisions: tuple[float, ...]) -> None:
    rows = Sphere(10).uniform(4000, generator=seeded())

    _points, accepted = bingham.proposals(rows, precisions=precisions, radius=1.0, generator=seeded())

    assert accepted.float().mean() > 1 / 7


def test_published_sampler_keeps_normal_steps_that_end_near_the_sphere() -> None:
    around, precisions = torch.eye(3)[0].expand(COUNT, -1), (20.0, 5.0, 10.0)

    drawn = Anisotropic(precisions, law="shell").sample(around, space=Sphere(3), generator=seeded())

    reached = np.eye(3)[0] + np.random.default_rng(0).normal(size=(400_000, 3)) / np.sqrt(precisions)
    lengths = np.linalg.norm(reached, axis=1)
    kept = (reached / lengths[:, None])[abs(lengths - 1) < 0.1]
    for latent in range(3):
        assert stats.ks_2samp(drawn[:, latent].double().numpy(), kept[:, latent]).pvalue > 0.01


@pytest.mark.parametrize(
    "law", [Laplace(0.3), GeneralizedNormal(3, 0.3), VonMisesFisher(4.0), Anisotropic((2.0, 9.0, 4.0))], ids=str
)
def test_same_seed_draws_the_same_in_the_precision_and_shape_of_the_latents(law: Conditional) -> None:
    around = Sphere(3).uniform(8, generator=seeded()).double().reshape(2, 4, 3)

    draws = [law.sample(around, space=Sphere(3), generator=seeded(seed)) for seed in (1, 1, 2)]

    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert draws[0].shape == around.shape
    assert draws[0].dtype == torch.float64


@pytest.mark.parametrize("law", [VonMisesFisher(4.0), Anisotropic((2.0, 9.0, 4.0)), Anisotropic((2.0, 9.0))], ids=str)
def test_law_of_the_sphere_is_refused_elsewhere(law: Conditional) -> None:
    space = Sphere(3) if law == Anisotropic((2.0, 9.0)) else Box(3)

    with pytest.raises(InputError) as refused:
        law.sample(torch.ones(2, 3), space=space, generator=seeded())

    assert refused.value.field == "conditional"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Laplace(0.0), "scale"),
        (lambda: Normal(-1.0), "scale"),
        (lambda: GeneralizedNormal(0, 1.0), "power"),
        (lambda: VonMisesFisher(-1.0), "concentration"),
        (lambda: Anisotropic((1.0, 0.0)), "precisions"),
    ],
)
def test_numbers_that_are_not_above_zero_are_refused(make: Callable[[], Conditional], field: str) -> None:
    with pytest.raises(InputError) as refused:
        make()

    assert refused.value.field == field
