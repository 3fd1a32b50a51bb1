"""Fleiss' kappa, and intervals of kappas over images: images are weighted, so that all resamples are one matrix product."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Kappa:
    """A kappa, or the mean of several, with its 95 % percentile bootstrap interval over images."""

    n: int
    """Kappas that the mean is over; 0 where there is none."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""


def image_weights(images: int, *, seed: int) -> Float[np.ndarray, "resample image"]:
    """How often each image is drawn: once each in the first row, with replacement in all others."""
    drawn = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    return np.vstack([np.ones(images), drawn]).astype(float)


def fleiss(
    counts: Int[np.ndarray, "image label"], *, weights: Float[np.ndarray, "resample image"]
) -> Float[np.ndarray, " resample"]:
    """Kappa of all raters under each weighting of the images (Fleiss 1971, eqs. 1-7); every image has equally many, at least 2.

    NaN where all labels are the same.
    """
    raters = int(counts[0].sum())
    alike = (counts * (counts - 1)).sum(1) / (raters * (raters - 1))
    total = weights.sum(1)
    observed, shares = weights @ alike / total, weights @ counts / (raters * total)[:, None]
    expected = (shares**2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappas: Float[np.ndarray, " resample"] = np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
    return kappas


def mean_kappa(kappas: list[Float[np.ndarray, " resample"]], *, why_not: str) -> Kappa:
    """The mean over those that are known, and its interval over the resamples in which some are."""
    known = [each for each in kappas if np.isfinite(each[0])]
    if not known:
        return Kappa(n=0, why_not=why_not)
    table = np.ma.masked_invalid(np.array(known)[:, 1:])
    means = table.mean(0).compressed()
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Kappa(n=len(known), value=float(np.mean([each[0] for each in known])), low=float(low), high=float(high))
