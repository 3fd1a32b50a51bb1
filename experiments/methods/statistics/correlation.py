"""Spearman's rank correlation with a bootstrap interval and a permutation test. Called by trends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.methods.statistics.intervals import LEVEL, RESAMPLES

FEWEST = 3
FEWEST_FOR_INTERVAL = 5
CELLS = 2_000_000
"""Numbers held at once while resampling."""


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """Spearman's rho over `n` points, its percentile bootstrap interval over points, and two two-sided p values."""

    n: int
    rho: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """By Student's t, as scipy's `spearmanr` and the papers."""
    p_permutation: float | None = None
    """Exact up to seven points, else from 9,999 permutations; the one to read for few points."""
    why_not: str = ""


def spearman(x: Sequence[float], y: Sequence[float], *, seed: int) -> Correlation:
    """The rank correlation of paired values.

    None for fewer than three points or for values without spread; no interval for fewer than five points. A resample
    that draws no spread counts as a correlation of 0.
    """
    points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
    n = len(points)
    if n < FEWEST:
        return Correlation(n=n, why_not="fewer than three points")
    if (points.min(axis=0) == points.max(axis=0)).any():
        return Correlation(n=n, why_not="one of the two does not vary")
    found = stats.spearmanr(points[:, 0], points[:, 1])
    low, high = _interval(points, seed) if n >= FEWEST_FOR_INTERVAL else (None, None)
    return Correlation(
        n=n,
        rho=float(found.statistic),
        low=low,
        high=high,
        p=float(found.pvalue),
        p_permutation=_permutation(points, seed),
        why_not="" if n >= FEWEST_FOR_INTERVAL else "no interval: fewer than five points",
    )


def _interval(points: NDArray[np.float64], seed: int) -> tuple[float, float]:
    resampled = stats.bootstrap(
        (points[:, 0], points[:, 1]),
        lambda x, y, axis: _correlated(stats.rankdata(x, axis=axis), stats.rankdata(y, axis=axis)),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, CELLS // len(points)),
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return float(resampled.confidence_interval.low), float(resampled.confidence_interval.high)


def _permutation(points: NDArray[np.float64], seed: int) -> float:
    x, y = stats.rankdata(points, axis=0).T
    tested = stats.permutation_test(
        (x,),
        lambda permuted, axis: _correlated(permuted, y),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=RESAMPLES - 1,
        batch=max(1, CELLS // len(points)),
        rng=np.random.default_rng(seed),
    )
    return float(tested.pvalue)


def _correlated(x: NDArray[np.float64], y: NDArray[np.float64]) -> Any:
    """Pearson's correlation along the last axis; 0 where one of the two does not vary."""
    x, y = x - x.mean(axis=-1, keepdims=True), y - y.mean(axis=-1, keepdims=True)
    spread = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    return (x * y).sum(axis=-1) / np.where(spread > 0, spread, np.inf)
