"""The three diffusions against their own differential equations, and the ways in which times are spread."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from experiments.contract.errors import InputError
from experiments.methods.score_models.diffusions import DIFFUSIONS, Diffusion, SubVariancePreserving, VariancePreserving

pytestmark = pytest.mark.unit
EACH = pytest.mark.parametrize("diffusion", DIFFUSIONS.values(), ids=DIFFUSIONS)


@EACH
def test_moments_solve_the_equations_of_mean_and_variance(diffusion: Diffusion) -> None:
    """d mean = rate mean dt; d variance = (2 rate variance + g²) dt."""

    def change(time: float, state: np.ndarray) -> list[float]:
        at = torch.tensor(time, dtype=torch.float64)
        rate, growth = float(diffusion.rate(at)), float(diffusion.diffusion(at)) ** 2
        return [rate * state[0], 2 * rate * state[1] + growth]

    begin = [float(one) for one in diffusion.moments(torch.tensor(1e-6, dtype=torch.float64))]
    wanted = np.array([0.05, 0.3, 1.0])

    solved = solve_ivp(change, (1e-6, 1.0), [begin[0], begin[1] ** 2], t_eval=wanted, rtol=1e-9, atol=1e-12)

    scale, deviation = diffusion.moments(torch.from_numpy(wanted))
    np.testing.assert_allclose(solved.y[0], scale.numpy(), rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(solved.y[1]), deviation.numpy(), rtol=1e-4)


def test_published_constants_are_the_defaults() -> None:
    times = torch.tensor([1.0], dtype=torch.float64)

    assert float(DIFFUSIONS["vp"].moments(times)[0]) == pytest.approx(np.exp(-0.25 * 19.9 - 0.05))
    assert float(DIFFUSIONS["subvp"].moments(times)[1]) == pytest.approx(float(DIFFUSIONS["vp"].moments(times)[1]) ** 2)
    assert float(DIFFUSIONS["ve"].moments(times)[1]) == pytest.approx(50.0)
    assert DIFFUSIONS["ve"].prior_deviation == 50.0


@EACH
def test_times_of_a_ratio_invert_it(diffusion: Diffusion) -> None:
    times = torch.linspace(diffusion.earliest, 1, 50, dtype=torch.float64)

    assert torch.allclose(diffusion.times_of(diffusion.log_ratio(times)), times, atol=1e-6)


@EACH
def test_times_for_likelihoods_are_even_in_the_logarithm_of_the_ratio(diffusion: Diffusion) -> None:
    shares = torch.linspace(0, 1, 9, dtype=torch.float64)

    ratios = diffusion.log_ratio(diffusion.times_at(shares, weighting="likelihood"))

    assert torch.allclose(ratios.diff(), ratios.diff().mean().expand(8), rtol=1e-3)
    assert torch.allclose(
        diffusion.times_at(shares, weighting="noise").diff(), torch.tensor((1 - diffusion.earliest) / 8).double()
    )


def test_drift_and_prior_are_those_of_the_paper() -> None:
    points = torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    diffusion = VariancePreserving(lowest=0.5, highest=2.0)

    drift = diffusion.drift(points, torch.tensor([0.5], dtype=torch.float64))

    assert torch.allclose(drift, -0.5 * 1.25 * points)
    normal = torch.distributions.Normal(0, DIFFUSIONS["ve"].prior_deviation)
    assert torch.allclose(DIFFUSIONS["ve"].prior_log_density(points), normal.log_prob(points).sum(1))


def test_rates_that_fall_are_refused() -> None:
    with pytest.raises(InputError, match="lowest"):
        SubVariancePreserving(lowest=3.0, highest=1.0)
