"""How long stimuli take to make: the work in a recipe, in megapixels, and the seconds that a megapixel takes."""

from collections.abc import Iterable, Mapping
from statistics import median

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, require

DEFAULT_RATES: Mapping[str, float] = {
    "activation_index": 0.5,
    "exemplars": 0.43,
    "feature_visualization": 1.1,
    "occlusion": 0.33,
    "blur": 0.33,
}
"""Seconds per megapixel on one CPU core, measured with EfficientNet-Lite0 at 128 and 224 px on an AMD EPYC (Zen 4), medians
over three layers: what a study is predicted to take until artifacts of the worker in use give better rates."""


def work(recipe: Mapping[str, Json]) -> float:
    """Megapixels that a network sees while a recipe (as JSON) is made; for exemplars, that are written.

    Raises:
        InputError: The work of such a recipe is not known.
    """
    match recipe["kind"]:
        case "activation_index":
            pixels = recipe["pool_size"] * recipe["pool_resolution"] ** 2
        case "exemplars":
            pixels = recipe["k"] * (2 if recipe["sign"] == "both" else 1) * recipe["size"] ** 2
        case "feature_visualization":
            pixels = recipe["steps"] * recipe["batch"] * recipe["size"] ** 2
        case "occlusion" | "blur":
            positions = (recipe["size"] - round(recipe["patch"] * recipe["size"])) // recipe["stride"] + 1
            pixels = positions**2 * recipe["size"] ** 2
        case kind:
            remedy = f"Choose among {', '.join(DEFAULT_RATES)}"
            raise InputError(field="kind", message=f"how much work {kind!r} is is not known", remedy=remedy)
    return float(pixels) / 1e6


def work_per_image(kind: str, *, settings: Mapping[str, Json]) -> float:
    """Megapixels for one image of a stimulus set, by the set's settings.

    Raises:
        InputError: A setting is missing, or the work of such a recipe is not known.
    """
    names = {
        "exemplars": {"size": "shown_size"},
        "feature_visualization": {"size": "size", "steps": "steps"},
        # Images are occluded at the size at which they were ranked.
        "occlusion": {"size": "pool_resolution", "patch": "patch", "stride": "stride"},
        "blur": {"size": "pool_resolution", "patch": "patch", "stride": "stride"},
    }.get(kind, {})
    for name in names.values():
        require(name in settings, "settings", f"{name} is missing", "Give the settings of the paper's design")
    recipe = {"kind": kind, "k": 1, "sign": "max", "batch": 1, **{field: settings[name] for field, name in names.items()}}
    # One sweep gives two images: where the occlusion hurts most and least.
    return work(recipe) / (2 if kind == "occlusion" else 1)


def measured_rates(made: Iterable[Manifest]) -> dict[str, float]:
    """Seconds per megapixel by kind of recipe, the median over artifacts; give those that were made on one sort of device.

    The median, because the seconds of an artifact include those of a pass over its pool, if it had to wait for one.
    """
    rates: dict[str, list[float]] = {}
    for manifest in made:
        kind = manifest.recipe["kind"]
        if kind in DEFAULT_RATES:
            # A pool may hold fewer images than the recipe allows.
            recipe = {**manifest.recipe, "pool_size": manifest.values.get("images")}
            # Of a pass the seconds of all workers together.
            seconds = manifest.values.get("pass_seconds", manifest.provenance["seconds"])
            rates.setdefault(kind, []).append(seconds / work(recipe))
    return {kind: median(values) for kind, values in rates.items()}
