"""What all recipes share, and what all about a unit share: the unit and a pool of natural images."""

import dataclasses
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import Json, canonical_json, require, require_range
from model_zoo.address import UnitAddress
from model_zoo.catalogue import aggregation_of, check_unit

Sign = Literal["max", "min"]
Aggregation = Literal["auto", "mean", "position", "tokens"]
MAX_SIDE = 1024
LONGEST_PATH = 1000
POOLS = ("photographs", "stamps", "digits")


def is_path(text: str) -> bool:
    """Whether a text is an absolute path that databases store: NUL and other control characters they do not."""
    return text.startswith("/") and text.isprintable() and len(text) <= LONGEST_PATH


def require_path(recipe: object, field: str, *, named: Collection[str] = ()) -> None:
    """Raise InputError unless the path in `field` is absolute, one of the names that stand for paths, or left out."""
    path = getattr(recipe, field)
    remedy = " or ".join(["Give an absolute path on the worker", *named, "leave it out"])
    require(not path or path in named or is_path(path), field, f"{path[:200]!r} is no absolute path", remedy)


def require_pool(recipe: object, pool: str) -> None:
    """Raise InputError unless the seed and the three fields that describe a pool are fit."""
    named = set(pool.split("+")) <= set(POOLS)
    remedy = f"Choose among {', '.join(POOLS)}, join some by +, or give the absolute path of a folder or of .tar shards"
    require(named or is_path(pool), "pool", f"{pool[:200]!r} is no pool", remedy)
    require_range(recipe, "seed", 0, 2**32 - 1)
    require_range(recipe, "pool_size", 1, 10**8)
    require_range(recipe, "pool_resolution", 32, MAX_SIDE)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What all recipes share: a kind, a JSON form and a digest."""

    kind: ClassVar[str]

    def as_json(self) -> dict[str, Json]:
        """The recipe as it travels on the queue."""
        return {"kind": self.kind, **dataclasses.asdict(self)}

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON; the name under which the result is stored."""
        return hashlib.sha256(canonical_json(self.as_json()).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class UnitRecipe(Recipe):
    """A recipe about one unit, with a pool of natural images to compare it with."""

    unit: str
    """Unit address, `<model>/<module path>:<channel>`; stored in its canonical form."""
    aggregation: Aggregation = "auto"
    """How a channel's output becomes one number: spatial mean, one position, or mean over tokens. `auto` is the unit's own."""
    seed: int = 0
    """Of every random choice; the same recipe with the same seed gives the same bytes on a CPU."""
    pool: str = "photographs"
    """`photographs`, `stamps`, `digits`, some joined by `+`, or the absolute path of a folder of images on the worker."""
    pool_size: int = 4096
    """At most so many images of the pool are looked at."""
    pool_resolution: int = 224
    """Side in px at which the network sees the images of the pool."""

    def __post_init__(self) -> None:
        address = UnitAddress.parse(self.unit)
        if self.aggregation == "auto":
            object.__setattr__(self, "aggregation", aggregation_of(address))
        object.__setattr__(self, "unit", str(check_unit(address, aggregation=self.aggregation)))
        require_pool(self, self.pool)


def require_same_place(recipe: UnitRecipe, *, size: int) -> None:
    """Raise InputError if the unit's position is another place at this size than at that of the pool it is compared with."""
    unit = UnitAddress.parse(recipe.unit)
    anywhere = unit.row in (None, "c") and unit.column in (None, "c")
    message = f"position {unit.row},{unit.column} is another place at {size} px than at the pool's {recipe.pool_resolution} px"
    remedy = "Give size and pool_resolution the same number, or the position c,c"
    require(anywhere or size == recipe.pool_resolution, "size", message, remedy)


@dataclass(frozen=True, kw_only=True)
class ImageRecipe(UnitRecipe):
    """A recipe about one unit and one image: of the user's, or one of the unit's exemplars."""

    image: str = ""
    """Absolute path of an image on the worker; left out, the exemplar of `rank` in the pool is taken."""
    rank: int = 0
    """Which of the unit's maximal exemplars is taken; 0 is the strongest."""
    size: int = 224
    """Side in px at which the network sees the image."""
    shown_size: int = 224
    """Side in px of the images that are written."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_path(self, "image")
        require_range(self, "rank", 0, 10_000)
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "shown_size", 32, MAX_SIDE)
        require_same_place(self, size=self.size)
