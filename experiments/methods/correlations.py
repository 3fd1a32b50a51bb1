"""Correlations of paired values with bootstrap intervals over the pairs, where the pairs carry one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import stats

Kind = Literal["pearson", "spearman"]
RESAMPLES, LEVEL = 10_000, 0.95
LEAST = 3
"""Fewer pairs carry no correlation: two lie on a line whatever they are."""


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """A correlation and its 95 % percentile bootstrap interval; None where the pairs carry none."""

    value: float | None
    low: float | None = None
    high: float | None = None


def correlate(pairs: Sequence[tuple[float, float]], *, kind: Kind, seed: int) -> Correlation:
    """The correlation of pairs; ties get mean ranks.

    There is none of fewer than three pairs, or if one side is constant. There is no interval if one side is constant in
    more than 5 % of the resamples.
    """
    values = np.asarray(pairs, dtype=float).reshape(-1, 2)
    if len(values) < LEAST:
        return Correlation(value=None)
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    value = float(_correlations(values[None], kind=kind)[0])
    if np.isnan(value):
        return Correlation(value=None)
    resampled = _correlations(values[drawn], kind=kind)
    defined = resampled[~np.isnan(resampled)]
    if len(defined) < LEVEL * RESAMPLES:
        return Correlation(value=value)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Correlation(value=value, low=float(low), high=float(high))


def _correlations(samples: Float[np.ndarray, "sample pair 2"], *, kind: Kind) -> Float[np.ndarray, " sample"]:
    """One correlation per sample; NaN where a side is constant."""
    values = stats.rankdata(samples, axis=1) if kind == "spearman" else samples
    centered = values - values.mean(axis=1, keepdims=True)
    products = np.einsum("spi,spj->sij", centered, centered)
    constant = (np.ptp(values, axis=1) == 0).any(axis=1)
    scale = np.sqrt(products[:, 0, 0] * products[:, 1, 1])
    correlations: Float[np.ndarray, " sample"] = products[:, 0, 1] / np.where(constant, np.nan, scale)
    return correlations.clip(-1, 1)
