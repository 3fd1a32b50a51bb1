"""At what scale the rows are trained: the configurations of a preset, and of the supervised baselines beside them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build
from experiments.contract.recipes.runs import Preset
from experiments.methods.identification.configuration import Configuration
from experiments.papers.zimmermann2021_clica.tables.rows import ROWS, TARGETS, Row

SMALL: Mapping[str, Any] = {"hidden": (128, 128, 128), "batch": 512, "learning_rate": 1e-3, "decay": "cosine"}
"""Two cores train it in minutes. Other rows are the negatives, as a row itself among its negatives weighs in small batches."""
SCALES: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {**SMALL, "latents": 3, "hidden": (32, 32), "batch": 64, "steps": 60, "measure_every": 20, "mixing_pool": 100},
    "cpu": {**SMALL, "latents": 5, "steps": 5000},
    "paper": {
        **{"latents": 10, "hidden": (100, 500, 500, 500, 500, 100), "batch": 6144, "steps": 300_003, "learning_rate": 1e-4},
        **{"decay": "none", "negatives": "self_included", "directions": "one", "mixing_pool": 25_000},
        **{"measure_every": 5000, "keep_every": 5000},
    },
}
SPHERE_ON_CPU: Mapping[str, Json] = {"latents": 10, "steps": 8000}
"""Of the rows on the sphere, which at this scale, too, has as many dimensions as the paper's."""
SUPERVISED_STEPS: Mapping[Preset, int] = {"smoke": 60, "cpu": 3000, "paper": 100_001}


def chosen_rows(names: str) -> list[Row]:
    """The rows called `targets`, `all` or `none`, or by their names, joined by commas.

    Raises:
        InputError: A name is unknown.
    """
    sets = {"targets": TARGETS, "all": tuple(ROWS), "none": ()}
    wanted = sets.get(names, tuple(names.split(",")))
    for name in wanted:
        if name not in ROWS:
            remedy = f"Choose targets, all or none, or join some of these by commas: {', '.join(ROWS)}"
            raise InputError(field="rows", message=f"{name!r} is unknown", remedy=remedy)
    return [ROWS[name] for name in wanted]


def configuration_of(row: Row, *, preset: Preset, changes: Mapping[str, Json]) -> Configuration:
    """How a row is trained at a scale, with changes by the fields of `Configuration`.

    The published flags leave the temperature of the loss at 1. At the smaller scales a row on the sphere whose law has a
    concentration κ has the temperature 1 / κ that fits it, as a wrong one takes many more steps to learn.

    Raises:
        InputError: A change is unknown or unfit.
    """
    scale = {**SCALES[preset], **(SPHERE_ON_CPU if preset == "cpu" and row.space == "sphere" else {})}
    law, concentration = row.conditional
    fits = preset != "paper" and law == "von_mises_fisher"
    temperature = {"temperature": 1 / concentration} if fits else {}
    return build(Configuration, {**scale, **row.fields, **temperature, **changes})


def supervised(configuration: Configuration, *, preset: Preset, steps: int | None) -> Configuration:
    """The baseline beside a configuration: the same encoder, trained on the latents themselves.

    What decides about pairs alone is put back, so that the rows of a block share their baseline.
    """
    plain = Configuration()
    pairs = {
        name: getattr(plain, name)
        for name in ("power", "temperature", "negatives", "directions", "conditional_scale", "spectrum", "precisions")
    }
    return dataclasses.replace(
        configuration,
        supervision="latents",
        conditional="normal",
        steps=steps or SUPERVISED_STEPS[preset],
        **pairs,
    )
