"""Cohen's kappa by hand, and the matrix form against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from experiments.methods.statistics.agreement import cohen_kappa, pairwise_kappas

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]


def test_kappa_gives_the_textbook_example():
    # Both yes 20, first alone 5, second alone 10, both no 15: observed .7, expected .5.
    first, second = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15

    found = cohen_kappa(first, second)

    assert (found.n, found.alike, found.kappa) == (50, pytest.approx(0.7), pytest.approx(0.4))


@pytest.mark.parametrize(("decisions", "why_not"), [([], "no decisions"), ([1, 1, 1], "both always decide the same")])
def test_kappa_is_withheld_with_the_reason(decisions: list[int], why_not: str):
    assert (cohen_kappa(decisions, decisions).kappa, cohen_kappa(decisions, decisions).why_not) == (None, why_not)


def test_raters_who_never_agree_have_the_least_kappa():
    assert cohen_kappa([0, 1], [1, 0]).kappa == pytest.approx(-1)
    assert cohen_kappa([1, 1], [0, 0]).kappa == pytest.approx(0)


def test_all_pairs_at_once_agree_with_one_after_the_other():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 2, (7, 12)).astype(float), rng.integers(0, 2, (5, 12)).astype(float)
    first[rng.random(first.shape) < 0.2] = np.nan
    second[rng.random(second.shape) < 0.2] = np.nan

    kappas = pairwise_kappas(first, second)

    for (i, j), kappa in np.ndenumerate(kappas):
        both = np.isfinite(first[i]) & np.isfinite(second[j])
        assert kappa == pytest.approx(cohen_kappa_score(first[i][both].astype(int), second[j][both].astype(int)))


def test_pairs_without_shared_items_or_without_spread_have_none():
    nan = np.nan
    first = np.array([[1, 1, nan, nan], [1, 1, 1, 1], [0, 1, nan, nan]])
    second = np.array([[nan, nan, 1, 0], [1, 1, 1, 1], [nan, 1, 0, 1]])

    kappas = pairwise_kappas(first, second)

    assert np.isnan(kappas).tolist() == [[True, True, True], [False, True, False], [True, False, True]]
    assert pairwise_kappas(first[:0], second).shape == (0, 3)
