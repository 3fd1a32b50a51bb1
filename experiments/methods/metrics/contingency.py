"""How many pixels of each image have which pair of labels: the one table behind all scores of segmentations."""

import numpy as np
from jaxtyping import Integer
from numpy.typing import NDArray

from experiments.contract.errors import InputError

LARGEST_LABEL = 255


def contingency(
    truth: Integer[np.ndarray, "image pixel"], predicted: Integer[np.ndarray, "image pixel"], *, background: int | None = None
) -> Integer[np.ndarray, "image truth predicted"]:
    """Counts of pixels by image, true label and predicted label, without those whose true label is `background`.

    InputError for labels that are not whole numbers from 0 to 255, or for two arrays of different shapes.
    """
    truth, predicted = _labels(truth, name="truth"), _labels(predicted, name="predicted")
    if truth.shape != predicted.shape:
        message = f"truth has the shape {truth.shape}, predicted {predicted.shape}"
        raise InputError(field="predicted", message=message, remedy="Give a label to each pixel of the same images")
    images = len(truth)
    rows, columns = int(truth.max()) + 1, int(predicted.max()) + 1
    cells = (np.arange(images)[:, None] * rows + truth) * columns + predicted
    kept = cells.ravel() if background is None else cells[truth != background]
    return np.bincount(kept, minlength=images * rows * columns).reshape(images, rows, columns)


def _labels(labels: Integer[np.ndarray, "image pixel"], *, name: str) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "iu":
        message = f"{name} is {array.dtype} of the shape {array.shape}"
        raise InputError(field=name, message=message, remedy="Give whole numbers, a row for each image")
    if array.min() < 0 or array.max() > LARGEST_LABEL:
        message = f"{name} has labels from {array.min()} to {array.max()}"
        raise InputError(field=name, message=message, remedy=f"Number the segments of an image from 0 to {LARGEST_LABEL}")
    return array.astype(np.int64, copy=False)
