"""What is trained: methods, objectives, annotations and data beside the number of slots, and how much at which scale."""

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


MONET: Mapping[str, Json] = {
    "method": "monet",
    "likelihood": "mixture",
    "deviation": 0.3,
    "dim": 16,
    "width": 32,
    "learning_rate": 2e-3,
}
MIXTURE: Mapping[str, Json] = {"likelihood": "mixture", "deviation": 1.0}
BASE = Variant(name="base", title="Slot Attention, sprites", part="sweep")
VARIANTS = (
    BASE,
    Variant(name="monet", title="MONet, sprites", part="methods", changes=MONET),
    Variant(name="stamps", title="Slot Attention, stamps", part="data", changes={"data": "stamps"}),
    Variant(name="all_boxes", title="All objects' boxes are told", part="annotations", changes={"annotated": "all"}),
    Variant(name="mixture", title="Likelihood of the mixture", part="objectives", changes=MIXTURE),
    Variant(name="priced", title="Slots have a price", part="objectives", changes={"price": 0.02}),
    Variant(name="one_box", title="One object's box is told", part="annotations", changes={"annotated": "one"}),
    Variant(name="monet_stamps", title="MONet, stamps", part="data", changes={**MONET, "data": "stamps"}),
)

SMOKE: Mapping[str, Json] = {"steps": 6, "scenes": 64, "held_out": 16, "batch": 8, "dim": 8, "width": 16, "measure_every": 6}
"""Enough to show that the stages fit together, and nothing else."""
PAPER: Mapping[str, Json] = {
    **{"side": 128, "dim": 64, "width": 128, "scenes": 70_000, "held_out": 320, "steps": 500_000, "batch": 64},
    **{"learning_rate": 4e-4, "warm_up": 10_000, "decay": "halving", "decay_every": 100_000, "measure_every": 10_000},
}
"""Schedule and sizes of Locatello et al. 2020 on CLEVR; the number of training scenes is that of its file."""
