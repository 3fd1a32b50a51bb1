"""R² of the best affine map between two sets of latents: held out, in both directions, or in sample as older code has it.

A target column that does not vary where it is scored has an R² of 0: there is nothing to explain, and a representation that has
collapsed must not look like a perfect one. Called by the papers that train encoders.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from experiments.contract.errors import InputError
from experiments.methods.metrics.paired import centered, paired


def linear_r2(
    inputs: Float[np.ndarray, "sample input"], targets: Float[np.ndarray, "sample target"], *, fit_share: float = 0.5
) -> float:
    """The mean over targets of R², fitted by least squares on the first `fit_share` of the samples and scored on the others.

    The samples must come in no particular order. Below 0 where the map does worse than the mean of what is scored. InputError if
    the samples to fit are no more than the inputs.
    """
    return float(held_out_r2(inputs, targets, fit_share=fit_share).mean())


def two_way_r2(a: Float[np.ndarray, "sample a"], b: Float[np.ndarray, "sample b"]) -> tuple[float, float]:
    """`linear_r2` of b from a and of a from b. Where both are high, neither has lost what the other holds."""
    return linear_r2(a, b), linear_r2(b, a)


def in_sample_r2(inputs: Float[np.ndarray, "sample input"], targets: Float[np.ndarray, "sample target"]) -> float:
    """The mean of R² scored on the samples of the fit, as released with Zimmermann et al. 2021. Legacy: optimistic."""
    inputs, targets = paired(inputs, targets, names=("inputs", "targets"))
    return float(explained(targets, AffineMap(inputs, targets)(inputs)).mean())


def held_out_r2(
    inputs: Float[np.ndarray, "sample input"], targets: Float[np.ndarray, "sample target"], *, fit_share: float
) -> Float[np.ndarray, " target"]:
    """`linear_r2` of each target alone."""
    inputs, targets = paired(inputs, targets, names=("inputs", "targets"))
    fit = round(fit_share * len(inputs))
    if not inputs.shape[1] < fit < len(inputs) - 1:
        message = f"{len(inputs)} samples cannot be fitted by {inputs.shape[1]} inputs with a share of {fit_share}"
        raise InputError(field="inputs", message=message, remedy="Give more samples, and keep two or more to score")
    return explained(targets[fit:], AffineMap(inputs[:fit], targets[:fit])(inputs[fit:]))


class AffineMap:
    """Least squares with an intercept; of the smallest norm where the inputs are collinear."""

    def __init__(self, inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> None:
        self.center, self.offset = inputs.mean(axis=0), targets.mean(axis=0)
        self.slopes = np.linalg.lstsq(centered(inputs), centered(targets))[0]

    def __call__(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The fitted targets."""
        mapped: NDArray[np.float64] = (inputs - self.center) @ self.slopes + self.offset
        return mapped


def explained(targets: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """R² of each column; 0 for a column that does not vary."""
    spread = np.square(centered(targets)).sum(axis=0)
    left = np.square(targets - predicted).sum(axis=0)
    return np.where(spread > 0, 1 - left / np.where(spread > 0, spread, 1), 0)
