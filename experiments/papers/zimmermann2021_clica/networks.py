"""At what scale the rows are trained: the configurations of a preset, and of the supervised baselines beside them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build
from experiments.contract.recipes.runs import Preset
from experiments.methods.identification.configuration import DOT, Configuration
from experiments.papers.zimmermann2021_clica.tables.rows import ROWS, TARGETS, Row

SMALL: Mapping[str, Any] = {"batch": 256, "learning_rate": 2e-3, "decay": "cosine", "mixing_pool": 25_000}
"""Two cores train it in minutes. Other rows are the negatives, as a row itself among its negatives weighs in small batches."""
SCALES: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {**SMALL, "latents": 3, "hidden": (32, 32), "batch": 64, "steps": 60, "measure_every": 20, "mixing_pool": 100},
    "cpu": {**SMALL, "latents": 5, "hidden": (128, 128, 128), "steps": 8000},
    "paper": {
        **{"latents": 10, "hidden": (100, 500, 500, 500, 500, 100), "batch": 6144, "steps": 300_003, "learning_rate": 1e-4},
        **{"decay": "none", "negatives": "self_included", "directions": "one", "mixing_pool": 25_000},
        **{"measure_every": 5000, "keep_every": 5000},
    },
}
SPHERE_ON_CPU: Mapping[str, Json] = {"latents": 10, "hidden": (256, 256, 256), "steps": 12_000}
"""Of the rows on the sphere, which at this scale, too, has as many dimensions as the paper's."""
NORMAL_POWER = 2.0
SUPERVISED_STEPS: Mapping[Preset, int] = {"smoke": 60, "cpu": 6000, "paper": 100_001}


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

    Raises:
        InputError: A change is unknown or unfit.
    """
    scale = {**SCALES[preset], **(SPHERE_ON_CPU if preset == "cpu" and row.space == "sphere" else {})}
    temperature = {} if preset == "paper" else {"temperature": fitting_temperature(row)}
    return build(Configuration, {**scale, **row.fields, **temperature, **changes})


def fitting_temperature(row: Row) -> float:
    """At which codes that are as long as the latents fit the law of the pairs.

    The published flags leave it at 1 and let the codes grow until they fit, to 20 times the latents where the scale is .05, which
    takes more steps than two cores have. On the sphere, where codes cannot grow, the model's law has another width then.
    """
    law, scale = row.conditional
    power = row.model[1]
    if power == DOT:
        return 1 / scale if law == "von_mises_fisher" else scale**2
    # A normal law has the density exp(-d² / (2 scale²)), the others exp(-(d / scale)^power).
    return 2 * scale**2 if power == NORMAL_POWER else float(scale**power)


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
