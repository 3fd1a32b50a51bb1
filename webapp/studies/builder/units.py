"""Three ways to name the units of a study: drawn by a seed, all of a layer, or pasted as addresses."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, get_args

from experiments.contract.designs import Design
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes.base import MAX_SIDE
from model_zoo.address import UnitAddress
from model_zoo.catalogue import card, draw_units, eligible_layers, model_ids

SIZES = ("pool_resolution", "size")
"""Settings of designs in px at which networks see images."""
UnitSource = Literal["drawn", "layer", "pasted"]
UNIT_SOURCES: tuple[UnitSource, ...] = get_args(UnitSource)
MOST_UNITS = 5000


def models_with_pictures() -> list[str]:
    """The networks that studies can be about: those that take images."""
    return [model for model in model_ids() if card(model).takes == "images"]


def fitting_sizes(design: Design, units: Sequence[str]) -> dict[str, int]:
    """Settings of a design for units of networks whose own images are smaller than those that it shows them."""
    models = {unit.partition("/")[0] for unit in units} & set(models_with_pictures())
    smallest = min((card(model).input_size for model in models), default=MAX_SIDE)
    defaults: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(design.Settings) if field.name in SIZES}
    return {name: smallest for name, default in defaults.items() if smallest < default}


def layer_choices() -> list[tuple[str, str]]:
    """`<model>/<layer>` of every layer that units are drawn from, with its number of channels in words."""
    return [
        (f"{model}/{layer}", f"{model}/{layer} ({card(model).layers[layer].channels} channels)")
        for model in models_with_pictures()
        for layer in eligible_layers(model)
    ]


def units_chosen(source: UnitSource, *, models: Sequence[str], count: int, seed: int, layer: str, pasted: str) -> list[str]:
    """The addresses that a choice means; `count` units are drawn of each model.

    Raises:
        InputError: Nothing is chosen, or it does not exist.
    """
    if source == "drawn":
        require(bool(models), "models", "no model is chosen", "Choose the models whose units are drawn")
        return [unit for model in models for unit in draw_units(model, count=count, seed=seed)]
    if source == "layer":
        return _all_of(layer)
    words = pasted.replace(",", " ").split()
    require(bool(words), "pasted", "there is no address", "Write one address a line, <model>/<layer>:<channel>")
    require(len(words) <= MOST_UNITS, "pasted", f"{len(words)} units are too many", f"Give at most {MOST_UNITS}")
    return words


def _all_of(place: str) -> list[str]:
    model, _, layer = place.partition("/")
    known = card(model).layers if model in model_ids() else {}
    if layer not in known:
        raise InputError(field="layer", message=f"{place!r} is no layer", remedy="Choose a layer of the list")
    return [str(UnitAddress(model, layer, channel)) for channel in range(known[layer].channels)]
