"""Cohen's kappa: how far two raters decide alike beyond chance, for one pair, under weights, and for all pairs at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Over `n` decisions: the share in which both decide alike, and kappa."""

    n: int
    alike: float | None = None
    kappa: float | None = None
    why_not: str = ""


def cohen_kappa(first: Sequence[int], second: Sequence[int]) -> Agreement:
    """Kappa of two raters, whose decisions are numbers from 0. None without decisions, or if both always decide the same."""
    if not len(first):
        return Agreement(n=0, why_not="no decisions")
    alike = float(np.mean(np.asarray(first) == np.asarray(second)))
    if len({*first, *second}) == 1:
        return Agreement(n=len(first), alike=alike, why_not="both always decide the same")
    codes = (np.asarray(some, dtype=int) for some in (first, second))
    kappa = cohen(*codes, weights=np.ones((1, len(first))), labels=1 + max(*first, *second))
    return Agreement(n=len(first), alike=alike, kappa=float(kappa[0]))


def cohen(
    first: Int[np.ndarray, " image"],
    second: Int[np.ndarray, " image"],
    *,
    weights: Float[np.ndarray, "resample image"],
    labels: int,
) -> Float[np.ndarray, " resample"]:
    """Kappa of two raters under each weighting of the images (Cohen 1960, eq. 1); -1 marks an image that a rater did not label.

    NaN where they share no image or both give one and the same label.
    """
    shared = (first >= 0) & (second >= 0)
    cells = np.eye(labels * labels)[first[shared] * labels + second[shared]]
    table = (weights[:, shared] @ cells).reshape(-1, labels, labels)
    total = table.sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(table, axis1=1, axis2=2) / total
        expected = (table.sum(1) * table.sum(2)).sum(1) / total**2
        kappas: Float[np.ndarray, " resample"] = np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
    return kappas


def pairwise_kappas(first: NDArray[np.float64], second: NDArray[np.float64], *, fewest: int = 2) -> NDArray[np.float64]:
    """Kappa of each rater of `first` with each of `second`, [raters, items] of 0, 1 or NaN (not asked), over shared items.

    The formula of `cohen_kappa` as matrix products, because a study has many thousands of pairs. NaN where a pair shares
    fewer than `fewest` items or both always decide the same.
    """
    asked, also_asked = np.isfinite(first).astype(float), np.isfinite(second).astype(float)
    ones, also_ones = np.nan_to_num(first), np.nan_to_num(second)
    shared = asked @ also_asked.T
    both = ones @ also_ones.T
    of_first, of_second = ones @ also_asked.T, asked @ also_ones.T
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (shared - of_first - of_second + 2 * both) / shared
        share, also_share = of_first / shared, of_second / shared
        expected = share * also_share + (1 - share) * (1 - also_share)
        kappas = (observed - expected) / (1 - expected)
    return np.where((shared >= fewest) & (expected < 1), kappas, np.nan)
