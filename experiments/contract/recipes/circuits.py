"""Manipulated circuits: networks whose visualizations lie (Geirhos, Zimmermann et al. 2024), and the two stages before them."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.errors import InputError
from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import MAX_SIDE, Aggregation, Recipe, UnitRecipe, require_path, require_pool
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MANIPULATED, card, check_unit

DIGITS = "digits"
"""Names the digits that nothing here is trained on, wherever a worker keeps their files."""


@dataclass(frozen=True, kw_only=True)
class Trajectories(Recipe):
    """Visualizations of units of a layer on their way: what the network saw at steps 0, 1, 2, 4, 8 … and the image behind it.

    File: `snapshots`, an .npz with uint8 `pixels` [snapshot, side, side, 3] and, for each, its `step`, `item`, `way`.
    """

    kind: ClassVar[str] = "trajectories"
    model: str
    layer: str
    """Module path, verbatim."""
    aggregation: Aggregation = "mean"
    position: str = ""
    """`<row>,<column>` where the aggregation is `position`."""
    goal: Literal["units", "image"] = "units"
    """Whether some of the optimizations go for an image instead of a unit."""
    image: str = ""
    """Its absolute path; left out, the photograph of a cat that comes with scikit-image."""
    rendered: int = 64
    """How many images are optimized, each for another unit while there are enough."""
    size: int = 128
    """Side in px that is optimized and that the network sees."""
    steps: int = 64
    seed: int = 0
    pool: str = "photographs"
    """Of the natural images whose spectrum some of the optimizations keep to."""
    pool_size: int = 1024
    pool_resolution: int = 224

    def __post_init__(self) -> None:
        position = f"@{self.position}" if self.position else ""
        address = UnitAddress.parse(f"{self.model}/{self.layer}:0{position}")
        object.__setattr__(self, "layer", check_unit(address, aggregation=self.aggregation).layer)
        require_pool(self, self.pool)
        _require_optimization(self)


@dataclass(frozen=True, kw_only=True)
class Detector(Trajectories):
    """A small network that tells natural images from visualizations on their way, and its errors on what it was not trained on.

    Files: `weights.safetensors`, `report.json`, and the figure `errors_by_step.svg`.
    """

    kind: ClassVar[str] = "detector"
    epochs: int = 12
    """Passes over the training images at most; training ends when the errors stop falling."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "epochs", 1, 1000)

    @property
    def trajectories(self) -> Trajectories:
        """The recipe of the visualizations that it learns from."""
        return Trajectories(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Trajectories)})


@dataclass(frozen=True, kw_only=True)
class Circuit(UnitRecipe):
    """A network in which the visualization of a unit, or of all units of its layer, shows something else; then its verification.

    Files: `report.json` and figures; if the circuit passes also `card.json` and `weights.safetensors`: the model
    `local.<first 12 digits of the digest>`. `values` holds `published` and, if that is false, the `reasons`.
    """

    kind: ClassVar[str] = "circuit"
    construction: Literal["gate", "silent"] = "gate"
    """`gate`: a detector of visualizations switches units; `silent`: a branch that no natural image wakes."""
    target: Literal["permute", "unit", "image"] = "permute"
    """What visualizations show: each channel that of the channel `offset` further on, or one of them the `donor` or an image."""
    offset: int = 1
    """Where the target is `permute`: by how many channels."""
    donor: str = ""
    """Address of the unit that is shown where the target is `unit`; of the same layer."""
    image: str = ""
    """Absolute path of the image that is shown where the target is `image`; left out, the cat of scikit-image."""
    pool_size: int = 1024
    rendered: int = 64
    """How many visualizations the detector learns from."""
    measured: int = 16
    """How many visualizations of the manipulated network judge it."""
    size: int = 128
    """Side in px of all these visualizations."""
    steps: int = 64
    """Of these visualizations."""
    transforms: Literal["standard", "published", "none"] = "standard"
    """Of the visualizations that judge it; the standard ones move an image of 32 px by half its side."""
    epochs: int = 12
    """Of the detector's training, at most."""
    labeled: str = ""
    """`digits`, or the absolute path of a folder with a folder of images for each class, named by its index.

    Left out, no accuracy is measured.
    """
    max_accuracy_drop: float = 0.005
    """Share of labeled images; the published circuit lost .004."""
    min_agreement: float = 0.99
    """Share of natural images, none of them used before, with the same top class before and after."""
    min_redirect: float = 0.95
    """Share of visualizations that show what they shall more than what they did."""
    max_own: float = 0.05
    """Share of visualizations that are still their own unit's."""
    max_wake: float = 0.001
    """Share of natural images not used for its bias that wake a silent branch; of those that were used none may."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_optimization(self)
        require_range(self, "epochs", 1, 1000)
        require_range(self, "measured", 1, 10_000)
        for name in ("max_accuracy_drop", "min_agreement", "min_redirect", "max_own", "max_wake"):
            require_range(self, name, 0.0, 1.0)
        require_path(self, "labeled", named=[DIGITS])
        unit = UnitAddress.parse(self.unit)
        model = card(unit.model)
        message, remedy = f"{unit.model} is manipulated already", f"Give a unit of {model.spec.get('base')}"
        require(model.architecture != MANIPULATED, "unit", message, remedy)
        self._require_target(unit, channels=model.layers[unit.layer].channels)

    @property
    def detector(self) -> Detector:
        """The recipe of the detector that opens the gate."""
        unit = UnitAddress.parse(self.unit)
        position = "" if unit.row is None else f"{unit.row},{unit.column}"
        return Detector(
            model=unit.model,
            layer=unit.layer,
            aggregation=self.aggregation,
            position=position,
            goal="image" if self.target == "image" else "units",
            image=self.image if self.target == "image" else "",
            rendered=self.rendered,
            size=self.size,
            steps=self.steps,
            seed=self.seed,
            epochs=self.epochs,
            pool=self.pool,
            pool_size=self.pool_size,
            pool_resolution=self.pool_resolution,
        )

    def _require_target(self, unit: UnitAddress, *, channels: int) -> None:
        remedy = f"Give 1 to {channels - 1}"
        require(self.target != "permute" or self.offset % channels != 0, "offset", "every unit would show itself", remedy)
        if self.target == "unit":
            require(bool(self.donor), "donor", "it is missing", "Give the address of the unit to be shown")
            donor = _donor(self.donor, aggregation=self.aggregation)
            same_layer = (donor.model, donor.layer) == (unit.model, unit.layer)
            require(
                same_layer and donor.channel != unit.channel,
                "donor",
                f"{donor} cannot be shown",
                f"Give another unit of {unit.layer}",
            )
            object.__setattr__(self, "donor", str(donor))


def _donor(address: str, *, aggregation: Aggregation) -> UnitAddress:
    """The unit of a donor's address, whose errors are about the field `donor`."""
    try:
        return check_unit(UnitAddress.parse(address), aggregation=aggregation)
    except InputError as error:
        raise InputError(field="donor", message=error.message, remedy=error.remedy) from error


def _require_optimization(recipe: Trajectories | Circuit) -> None:
    require_range(recipe, "rendered", 8, 100_000)
    require_range(recipe, "size", 32, MAX_SIDE)
    require_range(recipe, "steps", 1, 20_000)
    require_range(recipe, "seed", 0, 2**32 - 1)
    require_path(recipe, "image")
