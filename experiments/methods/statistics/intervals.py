"""95 % intervals: over units, over participants, over trials. Called by estimators, tables and recovery."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

RESAMPLES = 10_000
LEVEL = 0.95


class Interval(NamedTuple):
    """Lower and upper end, or None twice and the reason."""

    low: float | None
    high: float | None
    why_not: str = ""


def bca_interval(values: Sequence[float], *, seed: int, resamples: int = RESAMPLES) -> Interval:
    """95 % BCa bootstrap interval of the mean over `values`, one a unit (Zimmermann et al. 2023: scipy, 10,000 resamples).

    None for fewer than two values or values without spread.
    """
    why_not = _no_spread(values)
    if why_not:
        return Interval(None, None, why_not)
    rng = np.random.default_rng(seed)
    data = (np.asarray(values, float),)
    found = stats.bootstrap(data, np.mean, n_resamples=resamples, confidence_level=LEVEL, method="BCa", rng=rng)
    low, high = (float(end) for end in found.confidence_interval)
    if not np.isfinite([low, high]).all():
        return Interval(None, None, "the bootstrap's acceleration is not defined")
    return Interval(low, high)


def sem_interval(center: float, *, values: Sequence[float]) -> Interval:
    """`center` ± 2 standard errors of the mean over `values`, one a participant, ddof 0 (Zimmermann et al. 2021).

    None for fewer than two values or values without spread. Not cut at 0 and 1.
    """
    why_not = _no_spread(values)
    if why_not:
        return Interval(None, None, why_not)
    margin = 2 * float(np.std(values)) / len(values) ** 0.5
    return Interval(center - margin, center + margin)


def wilson_interval(successes: int, *, trials: int) -> Interval:
    """95 % Wilson score interval of a proportion over `trials`, which it takes as independent. None without trials."""
    if not trials:
        return Interval(None, None, "no trials")
    found = stats.binomtest(successes, trials).proportion_ci(confidence_level=LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


def _no_spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "fewer than two values"
    return "" if min(values) < max(values) else "all values are equal"
