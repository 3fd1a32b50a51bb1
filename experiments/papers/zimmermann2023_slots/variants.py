"""What is varied beside the number of slots: methods, objectives, annotations, data. Read by `train`, figures and claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.contract.fields import Json

Part = Literal["sweep", "methods", "objectives", "annotations", "data"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of training, for every number of slots."""

    name: str
    title: str
    part: Part
    changes: Mapping[str, Json] = field(default_factory=dict)
    """Of the base, by the fields of `Configuration`."""


MONET: Mapping[str, Json] = {"method": "monet", "likelihood": "mixture", "deviation": 0.1, "dim": 16, "width": 32}
BASE = Variant(name="base", title="Slot Attention, sprites", part="sweep")
VARIANTS = (
    BASE,
    Variant(name="monet", title="MONet, sprites", part="methods", changes=MONET),
    Variant(name="stamps", title="Slot Attention, stamps", part="data", changes={"data": "stamps"}),
    Variant(name="monet_stamps", title="MONet, stamps", part="data", changes={**MONET, "data": "stamps"}),
    Variant(name="mixture", title="likelihood of the mixture", part="objectives", changes={"likelihood": "mixture"}),
    Variant(name="priced", title="slots have a price", part="objectives", changes={"price": 0.02}),
    Variant(name="one_box", title="one object's box is told", part="annotations", changes={"annotated": "one"}),
    Variant(name="all_boxes", title="all objects' boxes are told", part="annotations", changes={"annotated": "all"}),
)
