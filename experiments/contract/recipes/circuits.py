"""Manipulated circuits: networks whose visualizations lie (Geirhos, Zimmermann et al. 2024)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require
from experiments.contract.recipes.base import UnitRecipe
from model_zoo.address import UnitAddress
from model_zoo.catalogue import card, check_unit


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
    donor: str = ""
    """Address of the unit that is shown where the target is `unit`; of the same layer."""
    image: str = ""
    """Path of the image that is shown where the target is `image`; left out, a photograph of the pool."""

    def __post_init__(self) -> None:
        super().__post_init__()
        unit = UnitAddress.parse(self.unit)
        channels = card(unit.model).layers[unit.layer].channels
        remedy = f"Give 1 to {channels - 1}"
        require(self.target != "permute" or self.offset % channels != 0, "offset", "every unit would show itself", remedy)
        if self.target == "unit":
            require(bool(self.donor), "donor", "it is missing", "Give the address of the unit to be shown")
            donor = check_unit(UnitAddress.parse(self.donor), aggregation=self.aggregation)
            same_layer = (donor.model, donor.layer) == (unit.model, unit.layer)
            require(same_layer and donor != unit, "donor", f"{donor} cannot be shown", f"Give another unit of {unit.layer}")
            object.__setattr__(self, "donor", str(donor))
