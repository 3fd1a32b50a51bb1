"""The adjusted Rand index of segmentations and its parts, precision and recall. Called by the papers on objects.

Pairs of pixels are counted: R are together in both segmentations, P in the truth, Q in the prediction, and E = PQ / (N(N - 1))
is what R would be by chance. Precision is (R - E) / (Q - E), recall (R - E) / (P - E), the index their harmonic mean. What is
0 / 0 counts 1: nothing was claimed, or wanted, beyond chance. So if both segmentations are one segment all three are 1; if only
the truth is, precision is 1 and recall 0; if only the prediction is, precision is 0 and recall 1. An image with fewer than two
pixels to score is NaN, is left out of means, and is told.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Integer
from numpy.typing import NDArray

from experiments.methods.metrics.contingency import contingency


@dataclass(frozen=True, kw_only=True)
class PairScores:
    """Scores by image, at most 1, around 0 by chance; NaN where an image is not counted."""

    ari: Float[np.ndarray, " image"]
    """The harmonic mean of precision and recall."""
    precision: Float[np.ndarray, " image"]
    """Of the pairs together in the prediction, how many are in the truth, beyond chance: low where objects are merged."""
    recall: Float[np.ndarray, " image"]
    """Of the pairs together in the truth, how many are in the prediction, beyond chance: low where objects are split."""
    raw_precision: Float[np.ndarray, " image"]
    """R / Q, not adjusted for chance."""
    raw_recall: Float[np.ndarray, " image"]
    """R / P, not adjusted for chance."""
    counted: Bool[np.ndarray, " image"]

    def means(self) -> dict[str, float]:
        """The mean of each score over the images that count, and the numbers of images `counted` and `excluded`."""
        scores = {name: getattr(self, name) for name in ("ari", "precision", "recall", "raw_precision", "raw_recall")}
        count = int(self.counted.sum())
        means = {name: float(score[self.counted].mean()) if count else float("nan") for name, score in scores.items()}
        return {**means, "counted": count, "excluded": len(self.counted) - count}


def pair_scores(
    truth: Integer[np.ndarray, "image pixel"], predicted: Integer[np.ndarray, "image pixel"], *, background: int | None = None
) -> PairScores:
    """The scores of each image; with `background`, of the pixels alone that have another true label (FG-ARI).

    A video is an image with the pixels of all its frames. Labels are whole numbers from 0 to 255.
    """
    table = contingency(truth, predicted, background=background)
    true_sizes, predicted_sizes = table.sum(axis=2), table.sum(axis=1)
    pixels = true_sizes.sum(axis=1)
    counted = pixels > 1
    total = np.where(counted, pixels * (pixels - 1), 1)
    both, wanted, claimed = (_pairs(sizes) / total for sizes in (table.reshape(len(table), -1), true_sizes, predicted_sizes))
    claimed_wrongly, missed = claimed - both, wanted - both
    claimed_beyond, wanted_beyond = claimed * (1 - wanted), wanted * (1 - claimed)
    scores = {
        "ari": _without(claimed_wrongly + missed, claimed_beyond + wanted_beyond),
        "precision": _without(claimed_wrongly, claimed_beyond),
        "recall": _without(missed, wanted_beyond),
        "raw_precision": _without(claimed_wrongly, claimed),
        "raw_recall": _without(missed, wanted),
    }
    return PairScores(**{name: np.where(counted, score, np.nan) for name, score in scores.items()}, counted=counted)


def even_split(objects: int, *, slots: int) -> tuple[float, float]:
    """Precision and recall of `objects` equal segments merged or split evenly into `slots`, for many pixels: an envelope to draw.

    With fewer slots than objects the precision is (slots - 1) / (objects - 1), with more the recall is (objects - 1) /
    (slots - 1); the other one is 1. A model above the envelope leaves slots empty or makes them unequal.
    """
    if slots <= objects:
        return (slots - 1) / (objects - 1) if objects > 1 else 1.0, 1.0
    return 1.0, (objects - 1) / (slots - 1)


def _pairs(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ordered pairs of different pixels inside the segments of each image."""
    pairs: NDArray[np.int64] = (sizes * (sizes - 1)).sum(axis=1)
    return pairs


def _without(errors: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - errors / whole, which is exactly 1 without errors, and so for 0 / 0."""
    return 1 - errors / np.where(whole == 0, 1, whole)
