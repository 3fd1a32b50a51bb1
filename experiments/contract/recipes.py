"""Recipes: what can be made, as frozen dataclasses with a digest. Called by REST, studies, CLI and workers alike.

A recipe is checked when it is constructed, so that a bad one never reaches the queue; whether its unit exists is
checked against the catalogue by `check_unit`.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, canonical_json, require, require_range
from model_zoo.address import UnitAddress
from model_zoo.catalogue import check_unit

Sign = Literal["max", "min"]
MAX_SIDE = 1024
POOLS = ("photographs", "stamps")


def require_pool(recipe: object, pool: str) -> None:
    """Raise InputError unless the seed and the three fields that describe a pool are fit."""
    named, is_path = set(pool.split("+")) <= set(POOLS), pool.startswith("/") and pool.isprintable()
    remedy = f"Choose among {', '.join(POOLS)}, or give an absolute path"
    require(named or is_path, "pool", f"{pool!r} is no pool", remedy)
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
    aggregation: Literal["mean", "position", "tokens"] = "mean"
    """How the map of a channel becomes one number: spatial mean, one position, or mean over tokens."""
    seed: int = 0
    pool: str = "photographs"
    """`photographs`, `stamps`, both joined by `+`, or the absolute path of a folder of images on the worker."""
    pool_size: int = 4096
    """At most so many images of the pool are looked at."""
    pool_resolution: int = 224
    """Side in px at which the network sees the images of the pool."""

    def __post_init__(self) -> None:
        address = UnitAddress.parse(self.unit)
        object.__setattr__(self, "unit", str(check_unit(address, aggregation=self.aggregation)))
        require_pool(self, self.pool)


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
class FeatureVisualization(UnitRecipe):
    """Images optimized to activate a unit most or least.

    Files: `image_0` … `image_<batch-1>`, each with its `activation`; `values` holds the best natural activation.
    """

    kind: ClassVar[str] = "feature_visualization"
    engine: Literal["native"] = "native"
    parametrization: Literal["fourier"] = "fourier"
    sign: Sign = "max"
    size: int = 224
    """Side in px that is optimized and that the network sees."""
    shown_size: int = 224
    """Side in px of the images that are written."""
    steps: int = 512
    batch: int = 1
    diversity: float = 0.0
    """Weight of the diversity term over the batch (Gram matrices of the unit's layer); 0 leaves it out."""
    learning_rate: float = 0.05
    transforms: Literal["standard", "published", "none"] = "standard"
    """`standard` as in lucent, `published` as in Zimmermann et al. 2021, or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "shown_size", 32, MAX_SIDE)
        require_range(self, "steps", 1, 20_000)
        require_range(self, "batch", 1, 64)
        require_range(self, "diversity", 0.0, 1e6)
        require_range(self, "learning_rate", 1e-5, 10.0)
        require(
            self.diversity == 0 or self.batch > 1,
            "diversity",
            "a batch of one has no diversity",
            "Give batch of at least 2, or diversity 0",
        )


@dataclass(frozen=True, kw_only=True)
class Occlusion(UnitRecipe):
    """A square slides over an image; where it hurts the unit most and least.

    Files: `base` (unoccluded), `min` and `max` (occluded where the activation is least and greatest) and `map`;
    `values` holds the grid of activations, its positions and the base activation.
    """

    kind: ClassVar[str] = "occlusion"
    image: str = ""
    """Path of an image; left out, the exemplar of `rank` in the pool is taken."""
    rank: int = 0
    """Which of the unit's maximal exemplars is occluded; 0 is the strongest."""
    size: int = 224
    """Side in px at which the network sees the image; `patch` and `stride` are of this size."""
    shown_size: int = 224
    """Side in px of the images that are written."""
    patch: float = 0.4
    """Side of the square as a fraction of `size`."""
    stride: int = 2
    """Distance in px between positions."""
    fill: Literal["patch_mean", "gray"] = "patch_mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "rank", 0, 10_000)
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "shown_size", 32, MAX_SIDE)
        require_range(self, "patch", 0.02, 0.9)
        require_range(self, "stride", 1, self.size)


@dataclass(frozen=True, kw_only=True)
class Blur(Occlusion):
    """An image blurred but for a square that slides over it; where the square hurts the unit most and least.

    Files: `base` (sharp all over), `min` and `max` (sharp in the square where the activation is least and greatest) and
    `map`; `values` as for an occlusion.
    """

    kind: ClassVar[str] = "blur"
    sigma: float = 3.5
    """Standard deviation in px of an image of 224 px; it grows with the image. 3.5 is that of OpenCV's 21 px kernel."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "sigma", 0.1, 64.0)
        require(self.fill == "patch_mean", "fill", "a blurred image is not filled", "Leave fill out")


@dataclass(frozen=True, kw_only=True)
class ActivationIndex(Recipe):
    """The activations of all channels of a layer over a pool: one pass, shared by all units of the layer.

    Files: `activations`, an .npy of float32 [image, channel], and `images`, a JSON list of each image's source and box.
    """

    kind: ClassVar[str] = "activation_index"
    model: str
    layer: str
    """Module path, verbatim."""
    aggregation: Literal["mean", "position", "tokens"] = "mean"
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


@dataclass(frozen=True, kw_only=True)
class StimulusSet(Recipe):
    """All stimuli that one unit needs in one part of a paper's study, laid out in the paper's batches."""

    kind: ClassVar[str] = "stimulus_set"
    paper: str
    """Slug of the paper; its `design` says which parts and settings there are, its `stimuli` makes them."""
    part: str
    unit: str
    settings: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Analysis(Recipe):
    """A paper's analysis of a table of responses.

    Files: `result.json`, a CSV for each table in it, an SVG for each figure.
    """

    kind: ClassVar[str] = "analysis"
    paper: str
    table: str
    """sha256 of the table in the artifact store, CSV with the columns of `contract.tables`."""
    seed: int = 0


RECIPES: Mapping[str, type[Recipe]] = {
    recipe.kind: recipe for recipe in (ActivationIndex, Exemplars, FeatureVisualization, Occlusion, Blur, StimulusSet, Analysis)
}


def recipe_from_json(body: Json) -> Recipe:
    """Read a recipe from JSON.

    Raises:
        InputError: The kind or a field is unknown, is missing, has the wrong type, or is out of range.
    """
    require(isinstance(body, Mapping), "recipe", "it is not a JSON object", "Send an object with a `kind`")
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in RECIPES:
        raise InputError(field="kind", message=f"{kind!r} is unknown", remedy=f"Choose one of {', '.join(RECIPES)}")
    return build(RECIPES[kind], {name: value for name, value in body.items() if name != "kind"})
