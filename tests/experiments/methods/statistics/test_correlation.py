"""Spearman's correlation against a known example, enumeration, and what a bootstrap must do."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from experiments.methods.statistics.correlation import spearman

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]

IQ = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
HOURS = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]


def test_spearman_gives_the_textbook_example():
    found = spearman(IQ, HOURS, seed=0)

    # The squared differences of ranks sum to 194.
    assert (found.n, found.rho, found.p) == (10, pytest.approx(1 - 6 * 194 / 990), pytest.approx(0.627188, abs=1e-6))
    assert found.p_permutation == pytest.approx(0.627, abs=0.02)
    assert found.low < found.rho < found.high


def test_permutation_p_of_few_points_counts_all_orders():
    x, y = np.array([1, 2, 3, 4, 5]), np.array([2, 1, 3, 5, 5])

    found = spearman(x.tolist(), y.tolist(), seed=0)

    rhos = np.array([stats.spearmanr(x, order).statistic for order in permutations(y)])
    both_tails = 2 * min(np.mean(rhos >= found.rho - 1e-9), np.mean(rhos <= found.rho + 1e-9))
    assert found.p_permutation == pytest.approx(both_tails)


def test_interval_is_near_the_normal_one_for_many_points():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    y = 0.5 * x + rng.normal(size=300)

    found = spearman(x.tolist(), y.tolist(), seed=0)

    # Bonett and Wright 2000, eq. 3: Fisher's z with a larger error.
    error = ((1 + found.rho**2 / 2) / 297) ** 0.5
    expected = np.tanh(np.arctanh(found.rho) + 1.96 * error * np.array([-1, 1]))
    assert (found.low, found.high) == pytest.approx(expected.tolist(), abs=0.02)


def test_spearman_repeats_with_the_seed():
    assert spearman(IQ, HOURS, seed=4) == spearman(IQ, HOURS, seed=4)


@pytest.mark.parametrize(
    ("x", "y", "why_not"),
    [
        ([], [], "fewer than three points"),
        ([1, 2], [1, 2], "fewer than three points"),
        ([1, 1, 1, 1], [1, 2, 3, 4], "one of the two does not vary"),
        ([1, 2, 3, 4], [2, 2, 2, 2], "one of the two does not vary"),
    ],
)
def test_spearman_is_withheld_with_the_reason(x: list[float], y: list[float], why_not: str):
    found = spearman(x, y, seed=0)

    assert (found.n, found.rho, found.p, found.p_permutation, found.low, found.why_not) == (len(x), *[None] * 4, why_not)


def test_few_points_have_no_interval_but_a_permutation_test():
    found = spearman([1, 2, 3], [3, 5, 9], seed=0)

    assert (found.rho, found.low, found.p_permutation) == (pytest.approx(1), None, pytest.approx(2 / 6))
    assert found.why_not == "no interval: fewer than five points"


def test_resamples_without_spread_do_no_harm():
    found = spearman([1, 1, 1, 1, 2], [1, 1, 1, 1, 5], seed=0)

    assert found.rho == pytest.approx(1)
    assert (found.low, found.high) == (0.0, pytest.approx(1.0))
