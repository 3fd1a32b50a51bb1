"""The operating point of a head: the smallest threshold with a wanted precision. Called by the classifier's stage.

The procedure of Mayilvahanan et al. 2025, whose released code holds the level of .98 and not the search for it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from experiments.contract.errors import InputError

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """A threshold and what it does on the images that it was chosen on, or on others."""

    threshold: float
    precision: float | None
    """Of what is accepted; None where nothing is."""
    lowest: float
    """Lower end of the one-sided 95 % interval of the precision (Clopper & Pearson 1934)."""
    recall: float | None
    """None where no image is of the head's domain."""
    accepted: int


def smallest_threshold(
    scores: Float[np.ndarray, " image"], truth: Bool[np.ndarray, " image"], *, precision: float, name: str
) -> OperatingPoint:
    """The smallest threshold at which the share of right images among those with `scores >= threshold` is at least `precision`.

    `name` is the head's, for errors.

    Raises:
        InputError: The images are all right or all wrong, or no threshold reaches the precision.
    """
    if not 0 < precision <= 1:
        raise InputError(field="precision", message=f"{precision} is no precision", remedy="Give a number above 0, at most 1")
    if truth.all() or not truth.any():
        which = "no other" if truth.all() else "no"
        message = f"among the {len(truth)} validation images there are {which} images of {name}"
        raise InputError(field="labels", message=message, remedy="Give labels of at least two domains in each part")
    found = [operating_point(scores, truth, threshold=float(threshold)) for threshold in np.unique(scores)]
    fit = [point for point in found if (point.precision or 0) >= precision]
    if not fit:
        best = max(found, key=lambda point: point.precision or 0)
        message = (
            f"{name} reaches a precision of {best.precision or 0:.3f} at most, with {best.accepted} images, and not {precision}"
        )
        raise InputError(field="precision", message=message, remedy="Give a lower precision, or more or better labels")
    return min(fit, key=lambda point: point.threshold)


def operating_point(
    scores: Float[np.ndarray, " image"], truth: Bool[np.ndarray, " image"], *, threshold: float
) -> OperatingPoint:
    """What a threshold does."""
    accepted = scores >= threshold
    right, count = int((accepted & truth).sum()), int(accepted.sum())
    return OperatingPoint(
        threshold=threshold,
        precision=right / count if count else None,
        lowest=float(stats.beta.ppf(1 - CONFIDENCE, right, count - right + 1)) if right else 0.0,
        recall=right / int(truth.sum()) if truth.any() else None,
        accepted=count,
    )
