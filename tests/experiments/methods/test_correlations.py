"""Correlations against scipy's, how often their intervals hold the truth, and pairs that carry none."""

import numpy as np
import pytest
from scipy import stats

from experiments.methods.correlations import Correlation, Kind, correlate

pytestmark = pytest.mark.unit
ORACLES = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}


def drawn(count: int, *, rho: float, seed: int) -> list[tuple[float, float]]:
    values = np.random.default_rng(seed).multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=count)
    return [(float(a), float(b)) for a, b in values]


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize(
    "pairs", [drawn(30, rho=0.7, seed=1), [(1, 2), (1, 3), (2, 2), (2, 2), (5, 9)], [(0, 0), (1, 1), (2, 2)]]
)
def test_value_is_scipys_also_with_ties(kind: Kind, pairs: list[tuple[float, float]]):
    found = correlate(pairs, kind=kind, seed=0)

    assert found.value == pytest.approx(ORACLES[kind](*zip(*pairs, strict=True)).statistic)


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_interval_is_near_scipys_percentile_bootstrap(kind: Kind):
    pairs = drawn(60, rho=0.6, seed=2)
    columns = tuple(np.array(column) for column in zip(*pairs, strict=True))

    found = correlate(pairs, kind=kind, seed=0)
    oracle = stats.bootstrap(
        columns,
        lambda a, b: ORACLES[kind](a, b).statistic,
        paired=True,
        vectorized=False,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval

    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.03)


def test_interval_holds_the_truth_as_often_as_it_promises():
    intervals = [correlate(drawn(60, rho=0.5, seed=seed), kind="pearson", seed=seed) for seed in range(100)]

    held = sum(found.low <= 0.5 <= found.high for found in intervals if found.low is not None and found.high is not None)

    # A percentile interval of 60 pairs is a little short; four standard errors around 93 %.
    assert 83 <= held <= 100


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize(
    "pairs", [[], [(1.0, 2.0)], [(1.0, 2.0), (2.0, 3.0)], [(0.1, 1.0)] * 5, [(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]]
)
def test_few_or_constant_pairs_have_no_correlation(kind: Kind, pairs: list[tuple[float, float]]):
    assert correlate(pairs, kind=kind, seed=0) == Correlation(value=None)


def test_three_pairs_have_a_correlation_but_no_interval():
    found = correlate([(0, 0), (1, 1), (2, 3)], kind="pearson", seed=0)

    assert found.value is not None
    assert (found.low, found.high) == (None, None)


def test_the_same_seed_gives_the_same_interval():
    pairs = drawn(20, rho=0.2, seed=3)

    assert correlate(pairs, kind="spearman", seed=4) == correlate(pairs, kind="spearman", seed=4)
