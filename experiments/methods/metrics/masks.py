"""Overlap of predicted masks with objects: mean best overlap, mean intersection over union. Called by the papers on objects.

Only objects that have a pixel count; an image without any is NaN, which means over images leave out (numpy's `nanmean`). Pixels
that a mask spends on the background are part of it and lower its overlap with objects.
"""

import numpy as np
from jaxtyping import Float, Integer
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from experiments.methods.metrics.contingency import contingency


def mean_best_overlap(
    truth: Integer[np.ndarray, "image pixel"], predicted: Integer[np.ndarray, "image pixel"], *, background: int | None = None
) -> Float[np.ndarray, " image"]:
    """The mean over an image's objects of the largest intersection over union with any mask; one mask may serve several (mBO).

    With `background`, that true label is no object.
    """
    overlaps, present = _overlaps(truth, predicted, background=background)
    return _mean_over_objects(overlaps.max(axis=2), present)


def mean_iou(
    truth: Integer[np.ndarray, "image pixel"], predicted: Integer[np.ndarray, "image pixel"], *, background: int | None = None
) -> Float[np.ndarray, " image"]:
    """The mean over an image's objects of the intersection over union with their mask, by the best one-to-one assignment (mIoU).

    An object that gets no mask counts 0. With `background`, that true label is no object.
    """
    overlaps, present = _overlaps(truth, predicted, background=background)
    matched = np.zeros(overlaps.shape[:2])
    for image, table in enumerate(overlaps):
        rows, columns = linear_sum_assignment(table, maximize=True)
        matched[image, rows] = table[rows, columns]
    return _mean_over_objects(matched, present)


def _overlaps(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], *, background: int | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Intersection over union [image, object, mask], and which objects have a pixel."""
    table = contingency(truth, predicted)
    sizes = table.sum(axis=2)
    union = sizes[:, :, None] + table.sum(axis=1)[:, None] - table
    present = sizes > 0
    if background is not None and background < present.shape[1]:
        present[:, background] = False
    return np.where(present[:, :, None], table / np.maximum(union, 1), 0), present


def _mean_over_objects(values: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    count = present.sum(axis=1)
    return np.where(count > 0, (values * present).sum(axis=1) / np.maximum(count, 1), np.nan)
