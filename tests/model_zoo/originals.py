"""The nine networks of the scale study as their own libraries build them, with random weights, saved as those are published."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
import torchvision
from lucent.modelzoo import inceptionv1
from safetensors.torch import save_file
from torch import Tensor, nn

State = dict[str, Tensor]
Normalization = tuple[tuple[float, ...], tuple[float, ...]]


@dataclasses.dataclass(frozen=True)
class Original:
    """A network and what else the loader has to get right."""

    build: Callable[[], nn.Module]
    """The whole network, for CLIP with its text tower."""
    save: Callable[[State, Path], None]
    """Write a state as the published file holds it."""
    normalization: Normalization
    """Mean and standard deviation of RGB in [0, 1], as the library has them."""
    size: tuple[int, int] = (64, 96)
    """Height and width in px of images; networks that take only squares of one side get those."""
    tower: Callable[[nn.Module], nn.Module] = lambda network: network


def randomized(network: nn.Module) -> nn.Module:
    """The network with normalizations and scales that are not neutral, all in numbers that half precision has too."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if tensor.ndim == 1 and tensor.is_floating_point():
            centered = name.endswith(("bias", "running_mean"))
            values = torch.rand(tensor.shape, generator=generator)
            tensor.data.copy_(values / 5 - 0.1 if centered else values + 0.5)
    return network.half().float().eval().requires_grad_(False)


def _save_plain(state: State, path: Path) -> None:
    torch.save(state, path)


def _save_safetensors(state: State, path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)


def _save_half(state: State, path: Path) -> None:
    """As OpenAI does."""
    _save_safetensors({name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}, path)


def _save_old_densenet(state: State, path: Path) -> None:
    """As LuaTorch wrote it: numbers are modules of their own, and nobody counts batches."""
    names = {name: name for name in state if not name.endswith("num_batches_tracked")}
    for part in ("norm1", "norm2", "conv1", "conv2"):
        names = {name: old.replace(f".{part}.", f".{part[:-1]}.{part[-1]}.") if "denselayer" in name else old
                 for name, old in names.items()}  # fmt: skip
    torch.save({old: state[name] for name, old in names.items()}, path)


def _save_checkpoint(state: State, path: Path) -> None:
    """As the robustness library writes it: the network twice, with its normalization, among the state of its training."""
    model = {f"module.model.{name}": tensor for name, tensor in state.items()}
    attacker = {f"module.attacker.model.{name}": tensor for name, tensor in state.items()}
    content: Mapping[str, Any] = {"model": {"module.normalizer.new_mean": torch.zeros(3), **model, **attacker}, "epoch": 90}
    torch.save(content, path)


def _torchvision(name: str, *, save: Callable[[State, Path], None] = _save_plain, weights: str = "IMAGENET1K_V1") -> Original:
    published = torchvision.models.get_model_weights(name)[weights].transforms()
    return Original(
        build=lambda: torchvision.models.get_model(name, weights=None),
        save=save,
        normalization=(tuple(published.mean), tuple(published.std)),
    )


def _timm(name: str, weights: str, size: tuple[int, int]) -> Original:
    published = timm.get_pretrained_cfg(f"{name}.{weights}")
    return Original(
        build=lambda: timm.create_model(name, pretrained=False),
        save=_save_safetensors,
        normalization=(published.mean, published.std),
        size=size,
    )


def _open_clip(name: str, weights: str, save: Callable[[State, Path], None]) -> Original:
    published = open_clip.get_pretrained_cfg(name, weights)
    return Original(
        build=lambda: open_clip.create_model(name),
        save=save,
        normalization=(published["mean"], published["std"]),
        size=(224, 224),
        tower=lambda network: network.visual,
    )


# GoogLeNet's 7 x 7 pooling at the end needs 224 px; it takes x * 255 - 117.
ORIGINALS: Mapping[str, Original] = {
    "googlenet.tf_in1k": Original(inceptionv1, _save_plain, ((117 / 255,) * 3, (1 / 255,) * 3), size=(224, 224)),
    "densenet201.tv_in1k": _torchvision("densenet201", save=_save_old_densenet),
    "resnet50.tv_in1k": _torchvision("resnet50"),
    "resnet50.madry_l2_eps3": _torchvision("resnet50", save=_save_checkpoint),
    "resnet50_clip.openai": _open_clip("RN50", "openai", _save_half),
    "wide_resnet50_2.tv2_in1k": _torchvision("wide_resnet50_2", weights="IMAGENET1K_V2"),
    "vit_base_patch32_224.augreg_in1k": _timm("vit_base_patch32_224", "augreg_in1k", (224, 224)),
    "vit_base_patch32_clip_224.laion2b": _open_clip("ViT-B-32", "laion2b_s34b_b79k", _save_safetensors),
    "convnext_base.fb_in1k": _timm("convnext_base", "fb_in1k", (64, 96)),
}
