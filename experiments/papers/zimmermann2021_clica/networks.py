"""At what scale the rows are trained: the configurations of a preset, and of the supervised baselines beside them."""

import math
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
    "cpu": {**SMALL, "latents": 5, "hidden": (128, 128, 128), "steps": 4000},
    "paper": {
        **{"latents": 10, "hidden": (100, 500, 500, 500, 500, 100), "batch": 6144, "steps": 300_003, "learning_rate": 1e-4},
        **{"decay": "none", "negatives": "self_included", "directions": "one", "mixing_pool": 25_000},
        **{"measure_every": 5000, "keep_every": 5000},
    },
}
SPHERE_ON_CPU: Mapping[str, Json] = {"latents": 10, "hidden": (256, 256, 256), "steps": 12_000}
"""Of the rows on the sphere, which at this scale, too, has as many dimensions as the paper's."""
IN_BOX: Mapping[str, Json] = {"size_factor": 0.2}
"""Of the rows whose codes live in a box: it grows slowly, so that it presses. At the published scale it has the common rate."""
SMOOTH_IN_BOX: Mapping[str, Json] = {"steps": 20_000, "learning_rate": 3e-3, "size_factor": 0.05}
"""Of those of them whose loss is smooth at 0, and tells rotated codes by the sides of the box alone, or hardly otherwise."""
NORMAL_POWER = 2.0
GROWTH, SMOOTH_GROWTH = 2.0, 1.25
"""How much longer than latents codes become; in a box with a smooth loss."""
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
    scale = _scale(row, preset=preset)
    if preset != "paper":
        scale["temperature"] = fitting_temperature(row)
        scale.update(IN_BOX if row.model[0] == "box" else {})
    if preset == "cpu" and is_smooth_in_box(row):
        scale.update(SMOOTH_IN_BOX)
    return build(Configuration, {**scale, **row.fields, **changes})


def supervised(row: Row, *, preset: Preset, changes: Mapping[str, Json]) -> Configuration:
    """The baseline beside a row: the same encoder, trained on the latents. Rows that share it differ in pairs alone."""
    fields = {name: row.fields[name] for name in ("space", "marginal", "output")}
    alone = {"supervision": "latents", "conditional": "normal", "steps": SUPERVISED_STEPS[preset]}
    return build(Configuration, {**_scale(row, preset=preset), **fields, **alone, **changes})


def _scale(row: Row, *, preset: Preset) -> dict[str, Json]:
    return {**SCALES[preset], **(SPHERE_ON_CPU if preset == "cpu" and row.space == "sphere" else {})}


def fitting_temperature(row: Row) -> float:
    """At which codes fit the law of the pairs that are as long as the latents on a sphere, and longer elsewhere.

    The published flags leave it at 1 and let the codes grow until they fit, to 20 times the latents where the scale is .05, which
    takes more steps than two cores have. On the sphere, where codes cannot grow, the model's law has another width then. In a box
    codes that have yet to grow press against its sides, which turns them to its axes.
    """
    law, scale = row.conditional
    power = row.model[1]
    if power == DOT:
        return 1 / scale if law == "von_mises_fisher" else scale**2
    # A normal law has the density exp(-d² / (2 scale²)), the others exp(-(d / scale)^power).
    growth = SMOOTH_GROWTH if is_smooth_in_box(row) else GROWTH
    return (2 if power == NORMAL_POWER else 1) * math.pow(growth * scale, power)


def is_smooth_in_box(row: Row) -> bool:
    """Whether the codes of a row live in a box and are compared by a power of distances above 1."""
    output, power = row.model
    return output == "box" and power > 1
