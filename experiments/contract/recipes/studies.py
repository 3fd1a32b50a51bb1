"""What a study needs: the stimuli of one unit in the batches of a paper, and the analysis of its responses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from experiments.contract.fields import Json
from experiments.contract.recipes.base import Recipe


@dataclass(frozen=True, kw_only=True)
class StimulusSet(Recipe):
    """All stimuli of one part of a paper's study: what one unit needs, in the paper's batches, or images of no unit."""

    kind: ClassVar[str] = "stimulus_set"
    paper: str
    """Slug of the paper; its `design` says which parts and settings there are, its `stimuli` makes them."""
    part: str
    unit: str = ""
    """Address; empty where the paper asks about images."""
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
