"""Intervals against formulas worked out elsewhere."""

import numpy as np
import pytest
from scipy import stats

from experiments.methods.statistics.intervals import bca_interval, sem_interval, wilson_interval

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
)
def test_wilson_interval_gives_the_published_example(successes: int, trials: int, low: float, high: float):
    # Newcombe 1998 (Statistics in Medicine 17, table I), method 3.
    interval = wilson_interval(successes, trials=trials)

    assert interval[:2] == pytest.approx((low, high), abs=5e-5)


def test_sem_interval_is_two_standard_errors_without_correction():
    values = [0.5, 0.6, 0.7, 0.8]

    interval = sem_interval(0.66, values=values)

    # variance (ddof 0) = (.15² + .05²) / 2 = .0125; SEM = sqrt(.0125 / 4)
    margin = 2 * (0.0125 / 4) ** 0.5
    assert interval[:2] == pytest.approx((0.66 - margin, 0.66 + margin))


def bca_by_formula(values: np.ndarray, *, resamples: int) -> tuple[float, float]:
    """Efron and Tibshirani 1993, equations 14.9 to 14.15, with resamples of its own."""
    means = np.random.default_rng(99).choice(values, (resamples, len(values))).mean(axis=1)
    bias = stats.norm.ppf(np.mean(means < values.mean()) + np.mean(means == values.mean()) / 2)
    left_out = (values.sum() - values) / (len(values) - 1)
    away = left_out.mean() - left_out
    acceleration = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    z = bias + stats.norm.ppf([0.025, 0.975])
    return tuple(np.quantile(means, stats.norm.cdf(bias + z / (1 - acceleration * z))))


@pytest.mark.parametrize("shape", [(8, 2), (2, 0.5), (1, 1)])
def test_bca_interval_agrees_with_its_formula(shape: tuple[float, float]):
    values = np.random.default_rng(5).beta(*shape, size=60)

    interval = bca_interval(values.tolist(), seed=1)

    assert interval[:2] == pytest.approx(bca_by_formula(values, resamples=100_000), abs=0.004)


def test_bca_interval_repeats_with_the_seed():
    values = [0.4, 0.6, 0.9, 0.7]

    assert bca_interval(values, seed=7) == bca_interval(values, seed=7)


@pytest.mark.parametrize(
    ("values", "why_not"),
    [([], "fewer than two values"), ([0.7], "fewer than two values"), ([0.7, 0.7, 0.7], "all values are equal")],
)
def test_intervals_are_withheld_with_the_reason(values: list[float], why_not: str):
    assert bca_interval(values, seed=0) == (None, None, why_not)
    assert sem_interval(0.7, values=values) == (None, None, why_not)


def test_there_is_no_wilson_interval_without_trials():
    assert wilson_interval(0, trials=0) == (None, None, "no trials")
