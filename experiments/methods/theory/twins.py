"""Twins: two functions of one class with the same visualizations that disagree elsewhere; no decoder is right for both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from experiments.methods.theory.visualizations import Function, Points, Values, grid

KNOTS = np.array([0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0])
HEIGHTS = np.array([0.0, 0.9, 0.6, 0.5, 0.6, 0.9, 1.0])
"""A curve from the unique minimum at 0 to the unique maximum at 1; both twins go through .5 at .5."""
TRAINING = KNOTS[[0, 3, 6]]
"""Inputs on which both networks were trained, with the error 0 that empirical risk minimization aims at."""
STEEPEST = 5.0
"""Known Lipschitz constant of the steep twins; on the box a function of it could rise five times as far as they do."""
TINY = 0.01
"""Lipschitz constant, times the side of the box, of functions that hardly vary."""
NOISE_CELLS = 100

Check = Callable[[Function], bool]
"""Whether a function is of the class, checked numerically."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A pair in a class."""

    dimension: int
    functions: tuple[Function, Function]
    is_member: Check
    steps: int = 20
    """Of the grid that holds the extremes of both."""


def polyline(heights: Float[np.ndarray, " knot"], points: Points) -> Values:
    """A piecewise affine function of one input through the knots."""
    values: Values = np.interp(points[:, 0], KNOTS, heights)
    return values


def mirrored(heights: Float[np.ndarray, " knot"]) -> Float[np.ndarray, " knot"]:
    """The heights of the twin: what is near the largest value is near the smallest, and the other way round."""
    twin: Float[np.ndarray, " knot"] = heights.max() + heights.min() - heights
    twin[[0, -1]] = heights[[0, -1]]
    return twin


def relu_network(heights: Float[np.ndarray, " knot"]) -> Function:
    """A network with one hidden layer of ReLUs that goes through the knots: weights 1, biases -knot, output weights the bends."""
    slopes = np.diff(heights) / np.diff(KNOTS)
    output = np.diff(slopes, prepend=0.0)

    def network(points: Points) -> Values:
        hidden = np.maximum(points[:, :1] - KNOTS[:-1], 0.0)
        values: Values = heights[0] + hidden @ output
        return values

    return network


def lookup(values: Values) -> Function:
    """A black box: a value of its own for each cell of the input, without any rule."""
    return lambda points: values[np.minimum((points[:, 0] * NOISE_CELLS).round().astype(int), NOISE_CELLS)]


def black_boxes(seed: int = 0) -> Twins:
    """Noise, and the same noise mirrored everywhere but at its two extremes."""
    noise = np.random.default_rng(seed).uniform(0.1, 0.9, size=NOISE_CELLS + 1)
    noise[[0, -1]] = 0.0, 1.0
    twin = 1.0 - noise
    twin[[0, -1]] = 0.0, 1.0
    return Twins(dimension=1, functions=(lookup(noise), lookup(twin)), is_member=lambda _function: True, steps=NOISE_CELLS)


def bent(*, is_member: Check, height: float = 1.0) -> Twins:
    """The two polylines, scaled to a height."""
    curves = (height * HEIGHTS, height * mirrored(HEIGHTS))
    return Twins(dimension=1, functions=(partial(polyline, curves[0]), partial(polyline, curves[1])), is_member=is_member)


def networks(*, is_member: Check) -> Twins:
    """The same curves as ReLU networks."""
    return Twins(dimension=1, functions=(relu_network(HEIGHTS), relu_network(mirrored(HEIGHTS))), is_member=is_member)


def exchanged(function: Function, *, is_member: Check) -> Twins:
    """A function of two inputs that grows in both, and the same with its inputs exchanged: their corners are the same."""
    return Twins(dimension=2, functions=(function, lambda points: function(points[:, ::-1])), is_member=is_member)


def is_piecewise_affine(function: Function) -> bool:
    """Second differences vanish but at a few bends."""
    second = np.diff(function(grid(1, steps=1000)), n=2)
    return int((np.abs(second) > 1e-9).sum()) <= 2 * len(KNOTS)


def is_lipschitz(constant: float, function: Function) -> bool:
    """No two neighbors on a fine grid differ by more than the constant times their distance."""
    points = grid(1, steps=1000)
    return bool((np.abs(np.diff(function(points))) <= constant * np.diff(points[:, 0]) + 1e-12).all())


def is_fitted(function: Function) -> bool:
    """The empirical risk (mean squared error) on the training inputs is 0."""
    targets = np.interp(TRAINING, KNOTS, HEIGHTS)
    return is_piecewise_affine(function) and float(np.mean((function(TRAINING[:, None]) - targets) ** 2)) < 1e-24


def is_monotone(function: Function) -> bool:
    """No coordinate lowers the value by growing."""
    values = function(grid(2, steps=50)).reshape(51, 51)
    return bool((np.diff(values, axis=0) >= 0).all() and (np.diff(values, axis=1) >= 0).all())


def is_convex(function: Function) -> bool:
    """The value in the middle of two points is at most the mean of their values, over many pairs."""
    first, second = np.random.default_rng(0).uniform(size=(2, 10_000, 2))
    return bool((function((first + second) / 2) <= (function(first) + function(second)) / 2 + 1e-12).all())


def is_affine(function: Function) -> bool:
    """The value in the middle of two points is the mean of their values, over many pairs."""
    return is_convex(function) and is_convex(lambda points: -function(points))


TWINS: Mapping[str, Twins] = {
    "black box": black_boxes(),
    "neural network": networks(is_member=is_piecewise_affine),
    "neural network that fits its training data": networks(is_member=is_fitted),
    "piecewise affine": bent(is_member=is_piecewise_affine),
    f"Lipschitz with constant {STEEPEST:g}": bent(is_member=partial(is_lipschitz, STEEPEST)),
    f"Lipschitz with constant {TINY:g}": bent(height=TINY / STEEPEST, is_member=partial(is_lipschitz, TINY)),
    "monotone, two inputs": exchanged(lambda points: points[:, 0] + 2 * np.sqrt(points[:, 1]), is_member=is_monotone),
    "convex, two inputs": exchanged(lambda points: points[:, 0] ** 2 + 2 * points[:, 1] ** 2, is_member=is_convex),
    "affine, two inputs": exchanged(lambda points: points[:, 0] + 2 * points[:, 1], is_member=is_affine),
}
"""A pair for each class that visualizations do not determine, by the name of the class."""
