"""The run: networks trained with several numbers of slots, each measured with all of them, and what changes this.

Every training is an artifact of its own, so that a run that was interrupted goes on where it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.zimmermann2023_slots.analysis import Cells, Metrics, variant_metrics
from experiments.papers.zimmermann2023_slots.claims import CLAIMS
from experiments.papers.zimmermann2023_slots.configuration import Configuration, Data
from experiments.papers.zimmermann2023_slots.control import clustered
from experiments.papers.zimmermann2023_slots.curves import curve_figure, heat_figure
from experiments.papers.zimmermann2023_slots.sheet import sheet_figure, sheet_png
from experiments.papers.zimmermann2023_slots.stage import SCORES, read_scores, train_stage
from experiments.papers.zimmermann2023_slots.variants import BASE, VARIANTS, Part, Variant

SLUG = "zimmermann2023_slots"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "sweep", "methods", "objectives", "annotations", "data", "control"] = "all"
    """One part alone, or all; comparisons with the base need the sweep, which is taken from the store if it is there."""
    slots: tuple[int, ...] = (2, 4, 7)
    """In training: too few, the objects and the background, too many."""
    tested: tuple[int, ...] = (2, 3, 4, 5, 7, 11)
    """In measuring."""
    seeds: int = 3
    """Networks of the sweep for each number of slots."""
    further_seeds: int = 1
    """The same of each variant."""
    data: Data = "sprites"
    """Scenes of the sweep, and of all variants that do not change them."""
    path: str = ""
    """Absolute path of a published data set."""
    control_images: int = 200
    """Held-out scenes that k-means clusters."""
    training: Mapping[str, Json] = field(default_factory=dict)
    """Changes of every training, by the fields of `Configuration`."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 1000)
        require_range(self, "further_seeds", 0, 1000)
        require_range(self, "control_images", 2, 100_000)
        require(len(self.slots) >= 2, "slots", "one number says nothing of sensitivity", "Give at least two, such as [2,4]")
        self.configuration(BASE, slots=self.slots[0])

    def configuration(self, variant: Variant, *, slots: int) -> Mapping[str, Json]:
        """That of a training of a variant, checked.

        Raises:
            InputError: A field is unknown or unfit.
        """
        shared = {"data": self.data, "path": self.path, "tested": list(self.tested), **self.training}
        changed = {**shared, **variant.changes, "slots": slots}
        build(Configuration, changed)
        return changed


SMOKE: Mapping[str, Json] = {"steps": 6, "scenes": 64, "held_out": 16, "batch": 8, "dim": 8, "width": 16, "measure_every": 6}
"""Enough to show that the stages fit together, and nothing else."""
PAPER: Mapping[str, Json] = {
    **{"side": 128, "dim": 64, "width": 128, "scenes": 70_000, "held_out": 320, "steps": 500_000, "batch": 64},
    **{"learning_rate": 4e-4, "warm_up": 10_000, "decay": "halving", "decay_every": 100_000, "measure_every": 10_000},
}
"""Schedule and sizes of Locatello et al. 2020 on CLEVR; the number of training scenes is that of its file."""
PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"slots": [2, 5], "tested": [2, 5], "seeds": 1, "control_images": 60, "training": SMOKE},
    "cpu": {},
    "paper": {"slots": [3, 5, 7, 9, 11, 15, 22], "tested": [3, 5, 7, 9, 11, 15, 22], "seeds": 5, "data": "clevr", "training": PAPER},
}


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe; those of `training` are joined field by field.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    preset = PRESETS[recipe.preset]
    joined = {**preset.get("training", {}), **recipe.settings.get("training", {})}
    return build(Settings, {**preset, **recipe.settings, "training": joined})


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make one training.

    Raises:
        InputError: The configuration is unfit, or its data set is not there.
    """
    return train_stage(recipe, workshop)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all trainings of a run and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or a data set is not there.
    """
    settings = settings_of(recipe)
    variants = [variant for variant in VARIANTS if settings.part in ("all", variant.part)]
    trainings = {variant.name: trainings_of(variant, settings, seed=recipe.seed) for variant in variants}
    made = workshop.obtain_all([one for some in trainings.values() for one in some])
    by_digest = {manifest.digest: manifest for manifest in made}
    metrics: dict[str, Metrics] = {}
    figures: list[RunFigure] = []
    for variant in variants:
        cells = _cells(trainings[variant.name], by_digest, workshop)
        metrics[variant.name] = variant_metrics(cells, variant, seed=recipe.seed)
        figures += [curve_figure(variant, metrics[variant.name]), heat_figure(variant, metrics[variant.name])]
    ...
