"""Exemplars of a unit, and the activations of a layer on a pool, from which they are chosen."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require_range
from experiments.contract.recipes.base import MAX_SIDE, Aggregation, Recipe, UnitRecipe, require_pool
from model_zoo.address import UnitAddress
from model_zoo.catalogue import check_unit


@dataclass(frozen=True, kw_only=True)
class Exemplars(UnitRecipe):
    """The images of a pool that activate a unit most and least, one a source, in order of rank.

    Files: `max_000` … and `min_000` …, 000 being the most extreme; each with `activation`, `source` and `box`.
    """

    kind: ClassVar[str] = "exemplars"
    k: int = 9
    """Images per sign."""
    sign: Literal["max", "min", "both"] = "both"
    quantile: float = 1.0
    """Where the list of k begins: 1 at the extreme, .95 at the 95th (and 5th) percentile of the sources."""
    size: int = 224
    """Side in px of the images that are written."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "k", 1, 10_000)
        require_range(self, "quantile", 0.5, 1.0)
        require_range(self, "size", 32, MAX_SIDE)


@dataclass(frozen=True, kw_only=True)
class ActivationIndex(Recipe):
    """The activations of all channels of a layer over a pool: one pass, shared by all units of the layer.

    Files: `activations`, an .npy of float32 [image, channel], and `images`, a JSON list of each image's source and box.
    """

    kind: ClassVar[str] = "activation_index"
    model: str
    layer: str
    """Module path, verbatim."""
    aggregation: Aggregation = "mean"
    position: str = ""
    """`<row>,<column>` where the aggregation is `position`."""
    seed: int = 0
    pool: str = "photographs"
    pool_size: int = 4096
    pool_resolution: int = 224

    def __post_init__(self) -> None:
        position = f"@{self.position}" if self.position else ""
        address = UnitAddress.parse(f"{self.model}/{self.layer}:0{position}")
        object.__setattr__(self, "layer", check_unit(address, aggregation=self.aggregation).layer)
        require_pool(self, self.pool)
