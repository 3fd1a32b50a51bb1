"""The table of the theory, measured: by class of functions what a decoder of visualizations can know, in three notions."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments.methods.theory.twins import TWINS, Twins
from experiments.methods.theory.visualizations import (
    Function,
    Points,
    decode_affine,
    decode_constant,
    grid,
    nearer_to_maximum,
    visualize,
)

PROBES = 10_000
"""Random inputs at which twins are compared."""
FUNCTIONS = 1000
"""Random functions of a determined class that are decoded."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A class of functions. The disagreements are those of its twins; 0 where visualizations determine the function."""

    functions: str
    determined: bool
    value: float
    """Largest difference of the twins, as a share of the range of their values; for decoded classes the largest error."""
    nearer: float
    """Share of inputs at which one twin is nearer to its maximum and the other to its minimum."""
    larger: float
    """Share of pairs of inputs that the twins put in opposite orders."""
    absolute: float
    """Largest difference of the twins, in the units of their values: what a known tiny Lipschitz constant does bound."""


def theory_table(*, seed: int) -> list[dict[str, Any]]:
    """The rows as JSON, those with a decoder first."""
    decoded = [_decoded_row("constant", seed=seed, slopes=0.0), _decoded_row("affine, one input", seed=seed, slopes=1.0)]
    return [asdict(row) for row in (*decoded, *(disagreement(name, twins, seed=seed) for name, twins in TWINS.items()))]


def disagreement(name: str, twins: Twins, *, seed: int) -> Row:
    """How far the twins are apart, in each notion; 0 in one of them would mean that they do not refute a decoder of it."""
    rng = np.random.default_rng(seed)
    points, others = rng.uniform(size=(2, PROBES, twins.dimension))
    first, second = twins.functions
    seen = visualize(first, grid(twins.dimension, steps=twins.steps))
    difference = float(np.abs(first(points) - second(points)).max())
    orders = np.sign(first(points) - first(others)) * np.sign(second(points) - second(others))
    return Row(
        functions=name,
        determined=False,
        value=difference / (seen.maximum - seen.minimum),
        nearer=float((nearer_to_maximum(first(points), seen) != nearer_to_maximum(second(points), seen)).mean()),
        larger=float((orders < 0).mean()),
        absolute=difference,
    )


def _decoded_row(name: str, *, seed: int, slopes: float) -> Row:
    """The largest error of a decoder over many functions, 0 up to rounding."""
    rng = np.random.default_rng(seed)
    decode = decode_affine if slopes else decode_constant
    points = rng.uniform(size=(100, 1))
    error = 0.0
    for slope, offset in rng.normal(size=(FUNCTIONS, 2)) * (slopes, 1.0):
        function = _line(slope, offset)
        decoded = decode(visualize(function, grid(1, steps=1)))
        error = max(error, float(np.abs(decoded(points) - function(points)).max()))
    return Row(functions=name, determined=True, value=error, nearer=0.0, larger=0.0, absolute=error)


def _line(slope: float, offset: float) -> Function:
    def line(points: Points) -> np.ndarray:
        return offset + slope * points[:, 0]

    return line
