"""At what scale encoders of images are trained: the configurations of a preset, and of the supervised baselines beside them."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build
from experiments.contract.recipes.runs import Preset
from experiments.methods.identification.configuration import DOT
from experiments.methods.image_identification.configuration import DataName, ImageConfiguration
from experiments.papers.zimmermann2021_clica.tables.image_rows import IMAGE_ROWS, IMAGE_SETS, ImageRow

SMALL: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"pool": 64, "batch": 16, "steps": 6, "measure_every": 3, "widths": (8, 16), "hidden": 32, "measured": 512},
    "cpu": {
        **{"pool": 12_000, "batch": 128, "steps": 1000, "learning_rate": 3e-3, "widths": (24, 48, 96), "measured": 2048},
        **{"conditional_scale": 0.3},
    },
    "paper": {"pool": 250_000, "batch": 512, "steps": 30_000},
}
"""Of the rendered set. Pairs of the published scale, .1, are told from 127 others by three of ten factors, and the loss is near
0 while the others are unknown; at .3 a pair says about as much (ln 128 nats in all) as the batch can ask for."""
AS_PUBLISHED: Mapping[str, Json] = {
    **{"learning_rate": 1e-4, "decay": "none", "negatives": "self_included", "directions": "one"},
    **{"measure_every": 1000, "keep_every": 1000},
}
PUBLISHED: Mapping[DataName, Mapping[str, Json]] = {
    "three_d_ident": {**AS_PUBLISHED, "encoder": "resnet_encoder", "side": 224, "batch": 512, "steps": 30_000},
    "kitti_masks": {
        **AS_PUBLISHED,
        **{"encoder": "mask_encoder", "side": 64, "batch": 32, "steps": 300_000, "correlation": "spearman", "measured": 10_000},
    },
}
NORMAL_POWER = 2.0
PUBLISHED_SCALE = 0.1
"""Of the law of partners, whose factors lie in [-1, 1]."""
GROWTH = 1.25
"""How much longer codes become than latents of [0, 1]."""


def chosen_image_rows(names: str) -> list[ImageRow]:
    """The rows of a set of them, or those with these names, joined by commas.

    Raises:
        InputError: A name is unknown.
    """
    wanted = IMAGE_SETS.get(names, tuple(names.split(",")))
    for name in wanted:
        if name not in IMAGE_ROWS:
            remedy = f"Choose {', '.join(IMAGE_SETS)}, or join some of these by commas: {', '.join(IMAGE_ROWS)}"
            raise InputError(field="images", message=f"{name!r} is unknown", remedy=remedy)
    return [IMAGE_ROWS[name] for name in wanted]


def image_configuration_of(
    row: ImageRow, *, preset: Preset, folders: Mapping[DataName, str], changes: Mapping[str, Json]
) -> ImageConfiguration:
    """How a row is trained at a scale, with changes by the fields of `ImageConfiguration`.

    Raises:
        InputError: A change is unknown or unfit, or the published set has no path.
    """
    if row.data == "rendered":
        scale: dict[str, Any] = {**SMALL[preset]}
        spread = scale.get("conditional_scale", PUBLISHED_SCALE)
        scale["temperature"] = fitting_temperature(row.power, spread=spread / 2)
    else:
        scale = {**PUBLISHED[row.data], "folder": folders[row.data]}
    return build(ImageConfiguration, {**scale, **row.fields, **changes})


def fitting_temperature(power: float, *, spread: float) -> float:
    """At which codes fit the law of pairs whose scale is `spread` in units of the latents' range; on a sphere its square."""
    if power == DOT:
        return (2 * spread) ** 2
    return (2 if power == NORMAL_POWER else 1) * math.pow(GROWTH * spread, power)


def supervised_by_factors(configuration: ImageConfiguration) -> ImageConfiguration:
    """The baseline beside a configuration of the rendered set or 3DIdent: the same encoder, trained on the factors themselves."""
    plain = ImageConfiguration()
    pairs = {
        name: getattr(plain, name) for name in ("power", "temperature", "negatives", "directions", "output", "conditional_scale")
    }
    # As many images a step as a step on pairs has.
    return dataclasses.replace(configuration, supervision="latents", batch=2 * configuration.batch, **pairs)
