"""Exemplars of a unit, and the activations of a layer on a pool, from which they are chosen."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require_range
from experiments.contract.recipes.base import MAX_SIDE, Aggregation, Recipe, UnitRecipe, require_pool
from model_zoo.address import UnitAddress
from model_zoo.catalogue import aggregation_of, check_unit

SHARD_IMAGES = 4096


@dataclass(frozen=True, kw_only=True)
class Exemplars(UnitRecipe):
    """The images of a pool that activate a unit most and least, one a source, in order of rank.

    Files: `max_000` … and `min_000` …, 000 being the most extreme; each with `activation`, `source` and `box`. `values` holds
    the `histogram` of the unit over the pool (`edges`, `counts`, and the bins of the `exemplars`), whether the unit is `dead`
    there, and what of the pool could not be read.
    """

    kind: ClassVar[str] = "exemplars"
    k: int = 9
    """Images per sign."""
    sign: Literal["max", "min", "both"] = "both"
    """The images that activate the unit most, least, or both."""
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
class PoolListing(Recipe):
    """Which images a pool consists of, so that all who look at parts of it mean the same ones.

    Files: `part_00000` …, each a JSON list of `shard_size` images: name and number of the source, variant, and for the user's own
    images where they lie; `values` holds how many there are, and tar files that were `skipped` from where they break off.
    """

    kind: ClassVar[str] = "pool_listing"
    seed: int = 0
    pool: str = "photographs"
    pool_size: int = 4096
    shard_size: int = SHARD_IMAGES

    def __post_init__(self) -> None:
        require_range(self, "seed", 0, 2**32 - 1)
        require_range(self, "pool_size", 1, 10**8)
        require_range(self, "shard_size", 1, 10**6)


@dataclass(frozen=True, kw_only=True)
class ActivationIndex(Recipe):
    """The activations of all channels of a layer over a pool: one pass, shared by all units of the layer.

    Files: `summary`, safetensors: for every channel the most extreme images, mean, least and greatest activation and a
    histogram. The activations themselves are in the shards that it was made from, `values["shards"]` in their order.
    """

    kind: ClassVar[str] = "activation_index"
    model: str
    layer: str
    """Module path, verbatim."""
    aggregation: Aggregation = "auto"
    position: str = ""
    """`<row>,<column>` where the aggregation is `position`."""
    seed: int = 0
    pool: str = "photographs"
    pool_size: int = 4096
    pool_resolution: int = 224
    shard_size: int = SHARD_IMAGES
    """The pass is cut into pieces of so many images; each is made once, by whichever worker."""

    def __post_init__(self) -> None:
        position = f"@{self.position}" if self.position else ""
        address = UnitAddress.parse(f"{self.model}/{self.layer}:0{position}")
        if self.aggregation == "auto":
            object.__setattr__(self, "aggregation", aggregation_of(address))
        object.__setattr__(self, "layer", check_unit(address, aggregation=self.aggregation).layer)
        require_pool(self, self.pool)
        require_range(self, "shard_size", 1, 10**6)

    def listing(self) -> PoolListing:
        """The recipe of the list of its images."""
        return PoolListing(seed=self.seed, pool=self.pool, pool_size=self.pool_size, shard_size=self.shard_size)

    def shard(self, number: int) -> "ActivationShard":
        """The recipe of one of its pieces."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(ActivationIndex)}
        return ActivationShard(number=number, **fields)


@dataclass(frozen=True, kw_only=True)
class ActivationShard(ActivationIndex):
    """The activations of all channels of a layer over one part of a pool.

    Files, all .npy: `activations`, float32 [channel, image], NaN for images that cannot be read; `sources`, the number of each
    image's source; `boxes`, float64 [image, 4]; and `summary` as of an index. `values` counts what could not be read.
    """

    kind: ClassVar[str] = "activation_shard"
    number: int
    """Which part of the pool's listing, from 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "number", 0, 10**8)
