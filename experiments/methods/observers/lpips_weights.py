"""Reads LPIPS from files: the calibrated channel weights of Zhang et al. 2018 and the torchvision network that they belong to."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from experiments.contract.errors import InputError
from experiments.methods.observers.perceptual import Layers, Perceptual

LIN = re.compile(r"lin([0-4])\.(?:model\.1\.)?weight")
# Channels of the five layers to the network that has them, and where in its `features` each layer ends (after the ReLU).
BACKBONES: Mapping[tuple[int, ...], tuple[Callable[..., Any], tuple[int, ...]]] = {
    (64, 192, 384, 256, 256): (models.alexnet, (2, 5, 8, 10, 12)),
    (64, 128, 256, 512, 512): (models.vgg16, (4, 9, 16, 23, 30)),
}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the RGB values in [0, 1]; LPIPS's own shift and scale are these, for values in [-1, 1]."""
HOW = "Give LPIPS's weights of AlexNet or VGG16 (lin0.model.1.weight to lin4.model.1.weight) as safetensors"


def load_lpips(weights: Path, *, backbone: Path) -> Perceptual:
    """LPIPS with the channel weights of one file on the network of another, both safetensors.

    Raises:
        InputError: A file is missing, is no safetensors file, or does not hold what LPIPS needs.
    """
    lin = _lin_weights(_tensors(weights, field="weights"), path=weights)
    build, ends = BACKBONES[tuple(len(weight) for weight in lin)]
    stem = "features."
    state = {
        name.removeprefix(stem): tensor for name, tensor in _tensors(backbone, field="backbone").items() if name.startswith(stem)
    }
    with torch.device("meta"):
        features = build(weights=None).features
    try:
        features.load_state_dict(state, assign=True)
    except RuntimeError as error:
        remedy = f"Save torchvision's {build.__name__} as safetensors, features.* as they are called there"
        raise InputError(field="backbone", message=f"{backbone} is not a {build.__name__}", remedy=remedy) from error
    return Perceptual(_layers_of(features.eval().requires_grad_(False), ends), weights=lin)


def _lin_weights(tensors: Mapping[str, Tensor], *, path: Path) -> list[Float[Tensor, " channel"]]:
    """The five vectors of channel weights, in the order of the layers."""
    found = {match[1]: tensor.float().flatten() for name, tensor in tensors.items() if (match := LIN.fullmatch(name))}
    if not found:
        message = f"{path} holds no channel weights of LPIPS"
        remedy = (
            f"{HOW}; DreamSim needs its package `dreamsim`, its checkpoint and its ViT networks, which unitscope does not load"
        )
        raise InputError(field="weights", message=message, remedy=remedy)
    lin = [found[number] for number in sorted(found)]
    if tuple(len(weight) for weight in lin) not in BACKBONES:
        message = f"{path} has layers of {[len(weight) for weight in lin]} channels"
        raise InputError(field="weights", message=message, remedy=HOW)
    if any(not weight.isfinite().all() or weight.min() < 0 for weight in lin):
        raise InputError(field="weights", message=f"{path} has weights that are negative or not finite", remedy=HOW)
    return lin


def _layers_of(features: nn.Module, ends: tuple[int, ...]) -> Callable[[Float[Tensor, "batch 3 side side"]], Layers]:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))

    def layers(images: Float[Tensor, "batch 3 side side"]) -> Layers:
        outputs, output = [], (images - mean) / std
        for number, module in enumerate(features.children(), start=1):
            output = module(output)
            if number in ends:
                outputs.append(output)
            if number == ends[-1]:
                break
        return outputs

    return layers


def _tensors(path: Path, *, field: str) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        message = f"{path} cannot be read as safetensors ({error})"
        raise InputError(
            field=field, message=message, remedy="Name a .safetensors file; safetensors.torch.save_file writes it"
        ) from error
    return tensors
