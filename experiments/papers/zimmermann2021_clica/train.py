"""The run: encoders of the chosen rows of both tables and of images, the baselines beside them, figures and claims.

Every training is an artifact of its own, so that a run that was interrupted goes on where it was.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import Json, build, require_range
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.maker import train_encoders

SLUG = "zimmermann2021_clica"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    rows: str = "targets"
    """Of Tables 1 and 2: `targets`, `all`, `none`, or names joined by commas."""
    seeds: int = 3
    """Networks of each row, the first with the run's own seed; each has a mixing of its own."""
    steps: int | None = None
    """Of every encoder of a row; left out: those of the preset."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of all rows, by the fields of `Configuration`, such as `batch` or `latents`."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 100)


PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"rows": "mcc_box_normal_l2_box", "seeds": 2},
    "cpu": {},
    "paper": {"rows": "all", "seeds": 5},
}


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    return build(Settings, {**PRESETS[recipe.preset], **recipe.settings})


def train(recipe: Training, workshop: Workshop) -> Product:
    """The networks of one configuration.

    Raises:
        InputError: The configuration is unfit, or its loss is no number at some step.
    """
    configuration = build(Configuration, recipe.configuration)
    title = f"{configuration.conditional} pairs in {configuration.space}, {configuration.supervision}"
    return train_encoders(recipe, configuration, workshop=workshop, title=title)


def training_of(configuration: Configuration, *, seeds: tuple[int, ...]) -> Training:
    """The recipe of a configuration."""
    return Training(paper=SLUG, configuration=dataclasses.asdict(configuration), seeds=seeds)
