"""A run of a paper's experiment that trains or manipulates networks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from experiments.contract.fields import Json, require_finite, require_range
from experiments.contract.recipes.base import Recipe

Preset = Literal["smoke", "cpu", "paper"]


@dataclass(frozen=True, kw_only=True)
class Run(Recipe):
    """A paper's experiment at one of its three scales, with settings of one's own.

    Files: `result.json` (recipe, metrics, claims with reported, ours and whether they hold, environment) and an SVG a figure.
    """

    kind: ClassVar[str] = "run"
    paper: str
    """Slug of the paper; its `train` says which settings there are and makes the run."""
    preset: Preset = "smoke"
    seed: int = 0
    settings: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_range(self, "seed", 0, 2**32 - 1)
        require_finite(self.settings)
