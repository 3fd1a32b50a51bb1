"""At what scale encoders of images are trained: the configurations of a preset, and of the supervised baselines beside them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build
from experiments.contract.recipes.runs import Preset
from experiments.methods.image_identification.configuration import DataName, ImageConfiguration
from experiments.papers.zimmermann2021_clica.tables.image_rows import IMAGE_ROWS, IMAGE_SETS, ImageRow

SMALL: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"pool": 64, "batch": 16, "steps": 6, "measure_every": 3, "widths": (8, 16), "hidden": 32},
    "cpu": {"pool": 20_000, "batch": 128, "steps": 1500},
    "paper": {"pool": 250_000, "batch": 512, "steps": 30_000},
}
"""Of the rendered set."""
AS_PUBLISHED: Mapping[str, Json] = {
    **{"learning_rate": 1e-4, "decay": "none", "negatives": "self_included", "directions": "one"},
    **{"measure_every": 1000, "keep_every": 1000},
}
PUBLISHED: Mapping[DataName, Mapping[str, Json]] = {
    "three_d_ident": {**AS_PUBLISHED, "encoder": "resnet18_encoder", "side": 224, "batch": 512, "steps": 30_000},
    "kitti_masks": {
        **AS_PUBLISHED,
        **{"encoder": "mask_encoder", "side": 64, "batch": 32, "steps": 300_000, "correlation": "spearman"},
    },
}
FITTING: Mapping[float, float] = {1.0: 0.05, 2.0: 0.005, 0.0: 0.01}
"""By power, the temperature at which codes in [0, 1] fit the law of factors in [-1, 1] whose scale is .1; on a sphere its square."""


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
        scale: Mapping[str, Any] = {**SMALL[preset], "temperature": FITTING[row.power]}
    else:
        scale = {**PUBLISHED[row.data], "folder": folders[row.data]}
    return build(ImageConfiguration, {**scale, **row.fields, **changes})


def supervised_by_factors(configuration: ImageConfiguration) -> ImageConfiguration:
    """The baseline beside a configuration of the rendered set or 3DIdent: the same encoder, trained on the factors themselves."""
    plain = ImageConfiguration()
    pairs = {name: getattr(plain, name) for name in ("power", "temperature", "negatives", "directions", "output")}
    # As many images a step as a step on pairs has.
    return dataclasses.replace(configuration, supervision="latents", batch=2 * configuration.batch, **pairs)
