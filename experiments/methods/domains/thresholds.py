"""The operating point of a head: the smallest threshold with a wanted precision. Called by the classifier's stage.

The procedure of Mayilvahanan et al. 2025, whose released code holds the level of .98 and not the search for it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from experiments.contract.errors import InputError

CONFIDENCE = 0.95
FEWEST = 10
"""Images that a threshold must accept: one that is right has a precision of 1 and shows nothing."""


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

    At least `FEWEST` images are accepted. The threshold lies midway between the lowest score that it accepts and the next lower
    one, so that a difference in rounding changes no label. `name` is the head's, for errors.

    Raises:
        InputError: The images are all right or all wrong, or no threshold with so many images reaches the precision.
    """
    if not 0 < precision <= 1:
        raise InputError(field="precision", message=f"{precision} is no precision", remedy="Give a number above 0, at most 1")
    if truth.all() or not truth.any():
        which = "no other" if truth.all() else "no"
        message = f"among the {len(truth)} validation images there are {which} images of {name}"
        raise InputError(field="labels", message=message, remedy="Give labels of at least two domains in each part")
    found = [operating_point(scores, truth, threshold=threshold) for threshold in _between(np.unique(scores))]
    enough = [point for point in found if point.accepted >= FEWEST]
    fit = [point for point in enough if (point.precision or 0) >= precision]
    if not fit:
        raise InputError(
            field="precision",
            message=_reached(enough or found, name=name, precision=precision),
            remedy="Give a lower precision, or more or better labels",
        )
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


def _between(scores: Float[np.ndarray, " score"]) -> list[float]:
    """Of rising scores each with the one below it: what lies midway, or the score itself where no number is between."""
    lower = np.concatenate([[min(0.0, scores[0])], scores[:-1]])
    middle = (lower + scores) / 2
    return [float(value) for value in np.where(middle > lower, middle, scores)]


def _reached(points: list[OperatingPoint], *, name: str, precision: float) -> str:
    best = max(points, key=lambda point: point.precision or 0)
    reached = f"{name} reaches a precision of {best.precision or 0:.3f} at most"
    return f"{reached}, with {best.accepted} validation images, and not {precision} with {FEWEST} or more"
