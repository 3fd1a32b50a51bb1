"""The models that there are, as cards, and the check whether a unit exists; standard library only.

Cards of published models are in `cards/*.json`; those of models made here in `<zoo folder>/<id>/card.json`, beside their weights.
"""

import difflib
import json
import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from model_zoo.address import UnitAddress
from model_zoo.errors import InputError
from model_zoo.home import HOME

Layout = Literal["BCHW", "BHWC", "BC", "BNC"]
AGGREGATIONS: Mapping[Layout, tuple[str, ...]] = {
    "BCHW": ("mean", "position"),
    "BHWC": ("mean", "position"),
    "BC": ("mean",),
    "BNC": ("tokens",),
}
"""How the output of a layer becomes one number per channel, by the layout of that output."""
MADE_HERE = "local."
MODEL_MADE_HERE = re.compile(r"local\.[0-9a-f]{12}")
"""Id of a model made here: the first digits of its artifact's digest."""
MANIPULATED = "circuit"
"""Architecture of a network that a circuit was put into; its spec names the base."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A module that runs once per forward pass."""

    channels: int
    layout: Layout


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Where the weights of a model are: a file inside an installed package, or in the zoo folder."""

    file: str
    sha256: str
    """Of the file; its first digits where the source publishes no more, empty where it publishes none."""
    package: str = ""
    """Empty if the file is in the zoo folder."""
    url: str = ""
    """Where the operator gets the file; it is never fetched from here."""
    key: str = ""
    """Of the parameters, if the file holds other things beside them."""
    prefix: str = ""
    """Of the names of the network's parameters in the file; others, such as those of a text tower, are not read."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What old names have after the prefix (regular expressions), and what stands there in the names of today."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What is known of a model without loading it."""

    id: str
    title: str
    architecture: str
    source: str
    license: str
    weights: Weights
    input_size: int
    """Side in px at which the model was evaluated; 0 if it takes no images."""
    takes: Literal["images", "vectors"] = "images"
    """Units of a network that takes vectors have no pictures; it is here for its weights and its lineage."""
    mean: tuple[float, float, float]
    """Of the RGB values in [0, 1], subtracted before the first layer."""
    std: tuple[float, float, float]
    reported_top1: float | None
    """Share of ImageNet's validation images, as the source reports it; not measured here. None for models made here."""
    classes: Literal["imagenet", ""] = ""
    """What the outputs are scores of: ImageNet's 1,000 classes in their usual order, or empty for anything else."""
    eligible: str
    """Regular expression that the full name of a layer matches if units are drawn from it."""
    layers: Mapping[str, Layer]
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Modules whose units have no one activation, each with the reason: it runs twice, never, or gives no tensor."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """What else the architecture needs to be built, as JSON: widths, or the circuit and the model that it is put into."""

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read a card."""
        layers = {name: Layer(**layer) for name, layer in body["layers"].items()}
        nested = {"weights": Weights(**body["weights"]), "mean": tuple(body["mean"]), "std": tuple(body["std"]), "layers": layers}
        return cls(**{**body, **nested})


def zoo_folder() -> Path:
    """Where models made here and weights from elsewhere are: ZOO_DIR, by default `var/zoo`."""
    return Path(os.environ.get("ZOO_DIR") or HOME / "var" / "zoo")


def model_ids() -> tuple[str, ...]:
    """The ids of all models: those that come with a package, the other published ones, those made here, each from A to Z."""
    made_here = sorted(path.parent.name for path in zoo_folder().glob(f"{MADE_HERE}*/card.json"))
    published = sorted(_published_ids(), key=lambda model_id: (not _published_card(model_id).weights.package, model_id))
    return (*published, *made_here)


def card(model_id: str) -> ModelCard:
    """The card of a model.

    Raises:
        InputError: There is no such model.
    """
    if model_id in _published_ids():
        return _published_card(model_id)
    path = zoo_folder() / model_id / "card.json"
    if MODEL_MADE_HERE.fullmatch(model_id) is None or not path.is_file():
        raise InputError(field="unit", message=f"model {model_id!r} is unknown", remedy=f"Choose one of {', '.join(model_ids())}")
    return _card_made_here(path)


def eligible_layers(model_id: str) -> tuple[str, ...]:
    """The layers from which units are drawn, in the network's order.

    Raises:
        InputError: There is no such model.
    """
    model = card(model_id)
    rule = re.compile(model.eligible)
    return tuple(name for name in model.layers if rule.fullmatch(name))


def resolve_layer(layer: str, *, model_id: str) -> str:
    """The verbatim name of a layer given verbatim or as lucent writes it, with underscores for dots.

    Raises:
        InputError: There is no such model or layer, its name is ambiguous, or its units have no one activation.
    """
    layers = card(model_id).layers
    if layer in layers:
        return layer
    candidates = [name for name in layers if name.replace(".", "_") == layer]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(field="unit", message=f"layer {layer!r} is ambiguous", remedy=f"Choose one of {', '.join(candidates)}")
    _refuse_skipped(layer, model_id=model_id)
    close = difflib.get_close_matches(layer, layers, n=4) or eligible_layers(model_id)
    raise InputError(
        field="unit", message=f"{model_id} has no layer {layer!r}", remedy=f"Choose a layer, such as {', '.join(close)}"
    )


def aggregation_of(address: UnitAddress) -> str:
    """The aggregation that a unit has unless somebody wants another: of its position if it has one, else the mean.

    Raises:
        InputError: There is no such model or layer.
    """
    layer = card(address.model).layers[resolve_layer(address.layer, model_id=address.model)]
    return "position" if address.row is not None else AGGREGATIONS[layer.layout][0]


def check_unit(address: UnitAddress, *, aggregation: str) -> UnitAddress:
    """The address with the layer's verbatim name, if the unit exists and `aggregation` suits its layer.

    Raises:
        InputError: Model, layer or channel do not exist, or position and aggregation do not fit.
    """
    name = resolve_layer(address.layer, model_id=address.model)
    layer = card(address.model).layers[name]
    if card(address.model).takes != "images":
        raise InputError(
            field="unit",
            message=f"{address.model} takes vectors, so that its units have no pictures",
            remedy="Choose a unit of a network that takes images",
        )
    if address.channel >= layer.channels:
        raise InputError(
            field="unit",
            message=f"layer {name} has no channel {address.channel}",
            remedy=f"Give a channel from 0 to {layer.channels - 1}",
        )
    if aggregation not in AGGREGATIONS[layer.layout]:
        raise InputError(
            field="aggregation",
            message=f"{aggregation!r} does not fit layer {name} with its output of layout {layer.layout}",
            remedy=f"Choose {' or '.join(AGGREGATIONS[layer.layout])}",
        )
    if (address.row is not None) != (aggregation == "position"):
        raise InputError(
            field="aggregation",
            message=f"{str(address)!r} and aggregation {aggregation!r} contradict each other",
            remedy="Give @<row>,<column> together with aggregation position, or neither",
        )
    return replace(address, layer=name)


def draw_units(model_id: str, *, count: int, seed: int) -> list[str]:
    """Addresses of `count` different units: uniformly a layer among the eligible, then uniformly a channel.

    Raises:
        InputError: There is no such model, or it has fewer units.
    """
    layers = eligible_layers(model_id)
    available = sum(card(model_id).layers[layer].channels for layer in layers)
    if not 0 < count <= available:
        raise InputError(
            field="count", message=f"{count} units of {model_id} cannot be drawn", remedy=f"Give a number from 1 to {available}"
        )
    rng = random.Random(seed)  # noqa: S311 -- a reproducible draw, not a secret
    units: dict[str, None] = {}
    while len(units) < count:
        layer = rng.choice(layers)
        units[str(UnitAddress(model_id, layer, rng.randrange(card(model_id).layers[layer].channels)))] = None
    return list(units)


@cache
def _published_ids() -> frozenset[str]:
    cards = resources.files("model_zoo") / "cards"
    return frozenset(entry.name.removesuffix(".json") for entry in cards.iterdir() if entry.name.endswith(".json"))


@cache
def _published_card(model_id: str) -> ModelCard:
    body = (resources.files("model_zoo") / "cards" / f"{model_id}.json").read_text(encoding="utf-8")
    return ModelCard.from_json(json.loads(body))


@lru_cache(maxsize=64)
def _card_made_here(path: Path) -> ModelCard:
    return ModelCard.from_json(json.loads(path.read_text(encoding="utf-8")))


def _refuse_skipped(layer: str, *, model_id: str) -> None:
    """Say why a module that the network does have has no units, and name layers beside it."""
    model = card(model_id)
    for name, reason in model.skipped.items():
        if layer in (name, name.replace(".", "_")):
            parent = name.rpartition(".")[0]
            beside = [other for other in model.layers if parent and other.rpartition(".")[0] == parent]
            raise InputError(
                field="unit",
                message=f"the units of {name} in {model_id} have no one activation, for it {reason}",
                remedy=f"Choose a layer beside it, such as {', '.join((beside or eligible_layers(model_id))[:4])}",
            )
