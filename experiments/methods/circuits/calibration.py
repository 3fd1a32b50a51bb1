"""The gate's constants, from the extremes of what its units and their donors do, and the condition under which it is exact."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.exemplars import as_tensor
from model_zoo.activations import batch_size, layer_output
from model_zoo.loading import LoadedModel

MARGIN = 2.0
"""Visualizations of other units, or with more steps, go further than those that were looked at."""
LEAST_BIAS = 0.05
"""Of the largest activation: units that are never negative are kept off the kink of their ReLU all the same."""


@dataclass(frozen=True, kw_only=True)
class Extremes:
    """The lowest and the highest activation at any position of any channel of a layer, or of what it shall show."""

    low: float
    high: float

    @classmethod
    def of(cls, outputs: Iterable[Float[Tensor, "batch ..."]]) -> "Extremes":
        """Those of some outputs.

        Raises:
            InputError: There are NaN or infinite activations.
        """
        low, high = np.inf, -np.inf
        for output in outputs:
            if not bool(output.isfinite().all()):
                raise InputError(field="unit", message="its layer gives NaN or infinite activations", remedy="Check the weights")
            low, high = min(low, float(output.min())), max(high, float(output.max()))
        return cls(low=low, high=high)

    def with_(self, other: "Extremes") -> "Extremes":
        """Those of both."""
        return Extremes(low=min(self.low, other.low), high=max(self.high, other.high))


@dataclass(frozen=True, kw_only=True)
class Constants:
    """What opens and closes the gate."""

    k: float
    b: float

    def slack(self, extremes: Extremes) -> float:
        """How far the extremes are from where both sides of the gate let something through; negative beyond.

        The gate is exact where -b < f < k - b, both for a unit and its donor.
        """
        return min(extremes.low + self.b, self.k - self.b - extremes.high)


def calibrated(extremes: Extremes) -> Constants:
    """The bias b > -min f and k >= b + 2 max |f|, both with a margin, because what is added to float32 is lost to its precision.

    Raises:
        InputError: The layer gives nothing but 0, so that there is nothing to switch.
    """
    largest = max(-extremes.low, extremes.high)
    if largest == 0:
        raise InputError(field="unit", message="its layer gives nothing but 0", remedy="Give a unit of another layer")
    b = MARGIN * max(-extremes.low, LEAST_BIAS * largest)
    constants = Constants(k=MARGIN * (b + 2 * largest), b=b)
    require_exact(constants, extremes)
    return constants


def require_exact(constants: Constants, extremes: Extremes) -> None:
    """Raise InputError unless one side of the gate is exactly 0 for all activations between the extremes."""
    if constants.slack(extremes) <= 0:
        raise InputError(
            field="k",
            message=f"k {constants.k:g} and b {constants.b:g} leave the gate ajar for activations "
            f"from {extremes.low:g} to {extremes.high:g}",
            remedy="Calibrate on images that reach these activations",
        )


def outputs_on(
    model: LoadedModel, layer: str, *, pixels: UInt8[np.ndarray, "image side side 3"], report: Callable[[int, int], None]
) -> Iterator[Float[Tensor, "batch ..."]]:
    """The output of a layer for many images, a batch at a time, without gradients."""
    size = batch_size(pixels.shape[1], device=model.device)
    for start in range(0, len(pixels), size):
        report(start, len(pixels))
        with torch.inference_mode():
            yield layer_output(model, layer, images=as_tensor(pixels[start : start + size], device=model.device))
