"""Loads the network of a card: weights checked against their sha256, frozen, cached per process."""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import nn

from model_zoo import weight_files
from model_zoo.catalogue import MANIPULATED, ModelCard, card
from model_zoo.circuits.installing import blank_parts, folded_around, install
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.errors import InputError
from model_zoo.preprocessing import Preprocess
from model_zoo.registry import SOURCES
from model_zoo.states import fill, read_state

EXTRAS = {"lucent": "lucent"}
"""Packages that come with an extra of their own; the others come with `research`."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen network in evaluation mode, with everything needed to read its units. Shared: never change it."""

    card: ModelCard
    """With the whole sha256 of the weights that were loaded."""
    device: str
    preprocess: Preprocess
    network: nn.Module
    """Verbatim, as its package builds it."""
    fast_network: nn.Module
    """The same function, quicker; layers in `changed_layers` give another output there. Often the network itself."""
    changed_layers: frozenset[str]

    def network_for(self, layer: str) -> nn.Module:
        """The quickest network in which this layer's output is right."""
        return self.network if layer in self.changed_layers else self.fast_network


@lru_cache(maxsize=4)
def load(model_id: str, *, device: str) -> LoadedModel:
    """The model of a card on a device.

    Raises:
        InputError: There is no such model, its package is not installed, or its weights are missing or not those of the card.
    """
    model = card(model_id)
    _check_device(device)
    weights = weight_files.checked(model)
    network = build(model)
    fill(network, read_state(weights.path, weights=model.weights), path=weights.path)
    return loaded(replace(model, weights=replace(model.weights, sha256=weights.sha256)), network, device=device)


def loaded(model: ModelCard, network: nn.Module, *, device: str) -> LoadedModel:
    """A network that has its weights, with everything needed to read its units; it is frozen and moved to the device."""
    network.eval().requires_grad_(False)
    fast_network, changed_layers = _folded(model, network)
    return LoadedModel(
        card=model,
        device=device,
        preprocess=Preprocess(mean=model.mean, std=model.std, device=device),
        network=network.to(device),
        fast_network=fast_network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last),
        changed_layers=changed_layers,
    )


def build(model: ModelCard) -> nn.Module:
    """The network of a card with weights that mean nothing yet; a circuit is built around the model that it was put into.

    Its parameters may be on the `meta` device, which has shapes and no memory, until weights take their places.

    Raises:
        InputError: The package that knows the architecture is not installed.
    """
    if model.architecture == MANIPULATED:
        spec = CircuitSpec.from_json(model.spec)
        network = build(card(spec.base))
        install(network, spec, parts=blank_parts(network, spec))
        return network
    try:
        return SOURCES[model.architecture].build(model)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise InputError(
            field="unit",
            message=f"{model.id} needs the package {package}, which is not installed",
            remedy=f"Install the extra '{EXTRAS.get(package, 'research')}'",
        ) from error


def _folded(model: ModelCard, network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    if model.architecture == MANIPULATED:
        spec = CircuitSpec.from_json(model.spec)
        return folded_around(network, spec, fold=SOURCES[card(spec.base).architecture].folded)
    return SOURCES[model.architecture].folded(network)


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        remedy = "Give cpu, or a device that this machine has"
        raise InputError(field="device", message=f"{device!r} cannot be used", remedy=remedy) from error
