"""What a machine answers in a study, without participants and without the web."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import Json, require, require_range
from experiments.contract.recipes.base import Recipe


@dataclass(frozen=True, kw_only=True)
class MachineAnswers(Recipe):
    """The answers of a machine observer to the main trials that a paper's design plans about some units.

    File: `answers.json`, a list of trials with `unit`, `batch`, `choice` (empty for a tie), `score` (1, 0, or .5 for a tie)
    and the observer's `probability` of being right. `values` holds `accuracy` and `by_unit`.
    """

    kind: ClassVar[str] = "machine_answers"
    paper: str
    condition: str
    units: tuple[str, ...]
    settings: Mapping[str, Json]
    """Of the design; what is left out is as published."""
    observer: Literal["similarity"] = "similarity"
    """Compares queries with references by a perceptual distance on EfficientNet-Lite0."""
    tasks: int = 1
    """Sessions that are planned and answered."""
    seed: int = 0

    def __post_init__(self) -> None:
        require(bool(self.units), "units", "there are none to ask about", "Give at least one unit address")
        require_range(self, "tasks", 1, 10_000)
        require_range(self, "seed", 0, 2**32 - 1)
