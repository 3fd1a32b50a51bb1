"""What a decoder is given, the visualizations of a function on the unit box, and the two classes for which that is enough.

Geirhos, Zimmermann et al. 2024, theory: a visualization is an input that maximizes (minimizes) the function; here with its value.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

Points = Float[np.ndarray, "point dimension"]
Values = Float[np.ndarray, " point"]
Function = Callable[[Points], Values]
"""From points of the unit box to values."""


@dataclass(frozen=True, eq=False)
class Visualizations:
    """The inputs at which a function is largest and smallest, and its values there."""

    maximizer: Float[np.ndarray, " dimension"]
    minimizer: Float[np.ndarray, " dimension"]
    maximum: float
    minimum: float

    def same_as(self, other: "Visualizations") -> bool:
        """Whether no decoder can tell the two functions apart."""
        inputs = np.array_equal(self.maximizer, other.maximizer) and np.array_equal(self.minimizer, other.minimizer)
        return bool(inputs and np.allclose([self.maximum, self.minimum], [other.maximum, other.minimum], rtol=0, atol=1e-12))


def grid(dimension: int, *, steps: int) -> Points:
    """All points of the unit box whose coordinates are multiples of 1 / `steps`, with its corners."""
    axis = np.linspace(0, 1, steps + 1)
    return np.array(list(itertools.product(axis, repeat=dimension)))


def visualize(function: Function, points: Points) -> Visualizations:
    """The visualizations of a function, searched among points that hold its extremes."""
    values = function(points)
    highest, lowest = int(values.argmax()), int(values.argmin())
    return Visualizations(points[highest], points[lowest], float(values[highest]), float(values[lowest]))


def decode_constant(seen: Visualizations) -> Function:
    """The constant function with these visualizations."""
    return lambda points: np.full(len(points), seen.maximum)


def decode_affine(seen: Visualizations) -> Function:
    """The affine function of one input with these visualizations: the line through two points, or a constant."""
    start, end = float(seen.minimizer[0]), float(seen.maximizer[0])
    if start == end:
        return decode_constant(seen)
    slope = (seen.maximum - seen.minimum) / (end - start)
    return lambda points: seen.minimum + slope * (points[:, 0] - start)


def nearer_to_maximum(values: Values, seen: Visualizations) -> Bool[np.ndarray, " point"]:
    """The second notion of prediction: whether a value is nearer to the largest than to the smallest."""
    return values > (seen.maximum + seen.minimum) / 2
