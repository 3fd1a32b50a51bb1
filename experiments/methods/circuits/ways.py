"""The ways of visualizing that recipes offer: a detector knows those that it was trained on."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from experiments.contract.recipes import Sign
from experiments.methods.feature_visualization.maco import natural_magnitudes
from experiments.methods.feature_visualization.options import Options
from experiments.methods.pool_listing import ListedPool

BATCH = 8
"""Images that are optimized together; on two cores more of them cost time."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way of visualizing."""

    parametrization: Literal["fourier", "pixel", "maco"] = "fourier"
    transforms: Literal["standard", "published", "none"] = "standard"
    sign: Sign = "max"

    @property
    def name(self) -> str:
        """As reports call it."""
        return f"{self.parametrization}_{self.transforms}_{self.sign}"


WAYS = (
    Way(),
    Way(transforms="published"),
    Way(sign="min"),
    Way(parametrization="pixel"),
    Way(parametrization="maco"),
    Way(transforms="none"),
    Way(transforms="published", sign="min"),
    Way(transforms="none", sign="min"),
)


def snapshot_steps(steps: int) -> tuple[int, ...]:
    """0, 1, 2, 4, 8 … and the last: visualizations change fastest at first."""
    return (0, *(2**i for i in range(steps.bit_length()) if 2**i < steps), steps)


def options_of(way: Way, *, pool: ListedPool, size: int, steps: int) -> Options:
    """The options of an optimization with all its snapshots; natural magnitudes are those of the pool."""
    options = Options(
        size=size,
        steps=steps,
        transforms=way.transforms,
        parametrization=way.parametrization,
        thresholds=snapshot_steps(steps),
    )
    if way.parametrization != "maco":
        return options
    return dataclasses.replace(options, magnitudes=natural_magnitudes(pool, side=options.canvas_side))
