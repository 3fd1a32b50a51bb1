"""What every metric asks of two samples that belong together row by row. Called by the metrics on latents."""

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from experiments.contract.errors import InputError

CONSTANT = 1e-12
"""Standard deviation, relative to the mean, up to which a column counts as constant; rounding stays below it."""


def paired(
    first: Any, second: Any, *, names: tuple[str, str], dimensions: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as float64 arrays of `dimensions` axes, the first of which counts the samples; InputError if they do not fit."""
    arrays = (np.asarray(first, np.float64), np.asarray(second, np.float64))
    for name, array in zip(names, arrays, strict=True):
        if array.ndim != dimensions or not array.size:
            message = f"{name} has the shape {array.shape}"
            raise InputError(field=name, message=message, remedy=f"Give an array of {dimensions} axes, samples first")
        if not np.isfinite(array).all():
            message = f"{name} holds values that are not finite"
            raise InputError(field=name, message=message, remedy="Measure a network whose training has not diverged")
    if len(arrays[0]) != len(arrays[1]):
        message = f"{names[0]} has {len(arrays[0])} samples, {names[1]} has {len(arrays[1])}"
        raise InputError(field=names[1], message=message, remedy="Give both for the same samples, in the same order")
    return arrays


def centered(samples: Float[np.ndarray, "sample ..."]) -> NDArray[np.float64]:
    """The columns without their means; exactly 0 where a column is constant up to rounding."""
    # Sums along rows are several times faster.
    rows = np.ascontiguousarray(np.moveaxis(samples, 0, -1))
    means = rows.mean(axis=-1, keepdims=True)
    rows = rows - means
    deviations = np.sqrt(np.square(rows).mean(axis=-1, keepdims=True))
    return np.moveaxis(np.where(deviations > CONSTANT * np.abs(means), rows, 0), -1, 0)
