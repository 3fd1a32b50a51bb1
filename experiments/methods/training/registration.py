"""The files that make a trained network a model of the zoo. Called by every maker of networks."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from experiments.contract.artifacts import NewFile
from experiments.contract.local_models import CARD, WEIGHTS, model_id
from experiments.contract.recipes import Recipe
from model_zoo.catalogue import ModelCard, Weights
from model_zoo.inventory import inventory_by

GRAY = (0.5, 0.5, 0.5)
"""Mean and standard deviation of the preprocessing: middle gray is 0, black and white are -1 and 1."""
LICENSE = "MIT, as this project"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What a card says about a network beside its layers and weights."""

    title: str
    architecture: str
    """A name in `model_zoo.registry.SOURCES`, which builds the network from `spec`."""
    spec: Mapping[str, Any]
    eligible: str
    """Regular expression of the layers from which units are drawn."""
    side: int = 0
    """px of the images that it takes; 0 where it takes vectors."""
    vector: int = 0
    """Length of the vectors that it takes; 0 where it takes images."""
    license: str = LICENSE


def zoo_files(recipe: Recipe, network: nn.Module, *, about: Registered) -> tuple[NewFile, NewFile]:
    """Weights and card of the model `local.<first 12 digits of the recipe's digest>`."""
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()})
    card = _card(recipe, network, weights=content, about=about)
    return (
        NewFile(name=WEIGHTS, content=content, media_type="application/octet-stream"),
        NewFile(name=CARD, content=json.dumps(dataclasses.asdict(card), indent=1).encode(), media_type="application/json"),
    )


def _card(recipe: Recipe, network: nn.Module, *, weights: bytes, about: Registered) -> ModelCard:
    name = model_id(recipe.digest)
    layers, skipped = inventory_by(network, _example(network, about=about))
    return ModelCard(
        id=name,
        title=about.title,
        architecture=about.architecture,
        source=f"Trained here, artifact {recipe.digest}",
        license=about.license,
        weights=Weights(file=f"{name}/{WEIGHTS}", sha256=hashlib.sha256(weights).hexdigest()),
        input_size=about.side,
        takes="vectors" if about.vector else "images",
        mean=GRAY,
        std=GRAY,
        reported_top1=None,
        eligible=about.eligible,
        layers=layers,
        skipped=skipped,
        spec=dict(about.spec),
    )


def _example(network: nn.Module, *, about: Registered) -> Tensor:
    """A batch of two inputs."""
    device = next(network.parameters()).device
    shape = (2, about.vector) if about.vector else (2, 3, about.side, about.side)
    return torch.zeros(shape, device=device)
