"""The training of one configuration of a paper's experiment: a stage of a run, made once and resumed after a kill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from experiments.contract.fields import Json, require
from experiments.contract.recipes.base import Recipe

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class Training(Recipe):
    """Networks of one configuration, one for each seed, trained and measured.

    Files: `metrics.jsonl`, a line an evaluation; and of the network of the first seed `card.json` and `weights.safetensors`: the
    model `local.<first 12 digits of the digest>`. `values` holds what was measured at the end.
    """

    kind: ClassVar[str] = "training"
    paper: str
    """Slug of the paper, whose `train` makes it."""
    configuration: Mapping[str, Json] = field(default_factory=dict)
    """All that decides the training, by the fields of the paper's own dataclass."""
    seeds: tuple[int, ...] = (0,)
    """Of the networks; they are independent of one another, also where they are trained side by side."""

    def __post_init__(self) -> None:
        fit = bool(self.seeds) and all(0 <= seed <= LARGEST_SEED for seed in self.seeds)
        remedy = f"Give at least one, each from 0 to {LARGEST_SEED}"
        require(fit, "seeds", f"{list(self.seeds)} are no seeds", remedy)
        require(len(set(self.seeds)) == len(self.seeds), "seeds", f"{list(self.seeds)} has a seed twice", "Give each seed once")
