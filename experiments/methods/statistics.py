"""Confidence intervals of proportions: over units, over participants, over trials. Called by analyses.

Each interval function returns None where the data cannot carry an interval: fewer than two values, or no spread at all.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

RESAMPLES = 10_000
LEVEL = 0.95


class Interval(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


def bootstrap_interval(values: Sequence[float], *, seed: int) -> Interval | None:
    """95 % BCa bootstrap interval of the mean over `values` (one a unit), as Zimmermann et al. 2023."""
    if not _spread(values):
        return None
    resampled = stats.bootstrap(
        (np.asarray(values),),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    low, high = (float(end) for end in resampled.confidence_interval)
    return Interval(low, high) if np.isfinite([low, high]).all() else None


def sem_interval(center: float, *, values: Sequence[float]) -> Interval | None:
    """`center` ± 2 standard errors of the mean over `values` (one a participant, ddof 0), as Zimmermann et al. 2021."""
    if not _spread(values):
        return None
    margin = 2 * float(np.std(values)) / len(values) ** 0.5
    return Interval(center - margin, center + margin)


def wilson_interval(successes: int, *, trials: int) -> Interval:
    """95 % Wilson score interval of a proportion over `trials` (at least one), which it takes as independent."""
    interval = stats.binomtest(successes, trials).proportion_ci(confidence_level=LEVEL, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def _spread(values: Sequence[float]) -> bool:
    return len(values) > 1 and min(values) < max(values)
