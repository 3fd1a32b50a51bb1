"""Intervals against formulas worked out elsewhere."""

import numpy as np
import pytest
from scipy import stats

from experiments.methods.statistics import bootstrap_interval, sem_interval, wilson_interval

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
)
def test_wilson_interval_gives_the_published_example(successes: int, trials: int, low: float, high: float):
    # Newcombe 1998 (Statistics in Medicine 17, table I), method 3.
    interval = wilson_interval(successes, trials=trials)

    assert interval == pytest.approx((low, high), abs=5e-5)


def test_sem_interval_is_two_standard_errors_without_correction():
    values = [0.5, 0.6, 0.7, 0.8]

    interval = sem_interval(0.66, values=values)

    # variance (ddof 0) = (.15² + .05²) / 2 = .0125; SEM = sqrt(.0125 / 4)
    margin = 2 * (0.0125 / 4) ** 0.5
    assert interval == pytest.approx((0.66 - margin, 0.66 + margin))


def test_bootstrap_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    samples = rng.binomial(20, 0.8, size=(60, 40)) / 20

    intervals = [bootstrap_interval(sample.tolist(), seed=0) for sample in samples]

    covered = sum(interval is not None and interval.low <= 0.8 <= interval.high for interval in intervals)
    # 95 % of 60, with the room that a binomial has in one of a thousand runs.
    assert covered >= stats.binom.ppf(0.001, 60, 0.95)


def test_bootstrap_interval_is_near_the_normal_one_for_many_values():
    values = np.random.default_rng(5).normal(0.7, 0.1, size=400).tolist()

    interval = bootstrap_interval(values, seed=1)

    margin = 1.96 * np.std(values) / 20
    assert interval == pytest.approx((np.mean(values) - margin, np.mean(values) + margin), abs=0.002)


def test_bootstrap_interval_repeats_with_the_seed():
    values = [0.4, 0.6, 0.9, 0.7]

    assert bootstrap_interval(values, seed=7) == bootstrap_interval(values, seed=7)


@pytest.mark.parametrize("values", [[], [0.7], [0.7, 0.7, 0.7]])
def test_intervals_are_withheld_from_values_without_spread(values: list[float]):
    assert (bootstrap_interval(values, seed=0), sem_interval(0.7, values=values)) == (None, None)
