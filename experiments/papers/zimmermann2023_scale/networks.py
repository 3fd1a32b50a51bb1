"""The nine networks of Zimmermann et al. 2023 in figures, each with its source; standard library only.

Another network takes part in the headline once it has an entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

IMAGENET = 1_281_167


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A figure and where it comes from."""

    value: float
    source: str
    verified: bool = True
    """It was read at the source or counted; otherwise it is printed as unverified."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """What is held against interpretability."""

    title: str
    names: tuple[str, ...]
    """Its name in the released data, then its model id as timm would write it."""
    parameters: Fact
    """Of the network that was looked into, without the text tower of CLIP."""
    images: Fact
    """Images it was trained on."""
    top1: Fact
    """Share of ImageNet's validation images."""


def _counted(value: int, library: str = "torchvision") -> Fact:
    return Fact(value=value, source=f"counted in {library}")


def _reported(value: float, source: str) -> Fact:
    return Fact(value=value, source=f"reported (unverified): {source}", verified=False)


def _top1(value: float, source: str = "load check in the paper's code") -> Fact:
    return Fact(value=value, source=source)


_IN1K = Fact(value=IMAGENET, source="ImageNet-1k, training images")

NETWORKS = (
    Network(
        title="GoogLeNet",
        names=("googlenet", "googlenet.tf_in1k"),
        parameters=Fact(value=7_066_380, source="counted in torch-lucent's port of the TensorFlow network"),
        images=_reported(IMAGENET, "ImageNet-1k, training images"),
        top1=_top1(0.6915),
    ),
    Network(
        title="DenseNet-201",
        names=("densenet_201", "densenet201.tv_in1k"),
        parameters=_counted(20_013_928),
        images=_IN1K,
        top1=_top1(0.7689),
    ),
    Network(
        title="ResNet-50",
        names=("resnet50", "resnet50.tv_in1k"),
        parameters=_counted(25_557_032),
        images=_IN1K,
        top1=_top1(0.7613),
    ),
    Network(
        title="Robust ResNet-50",
        names=("resnet50-l2", "resnet50.madry_l2_eps3"),
        parameters=_counted(25_557_032),
        images=_IN1K,
        top1=_top1(0.6238),
    ),
    Network(
        title="CLIP ResNet-50",
        names=("clip-resnet50", "resnet50_clip.openai"),
        parameters=_counted(38_316_896, "open_clip, visual tower"),
        images=_reported(400e6, "OpenAI's image-text pairs"),
        top1=_top1(0.7430, "linear probe, as in the paper's figure; .5983 zero-shot"),
    ),
    Network(
        title="WideResNet-50",
        names=("wide_resnet50", "wide_resnet50_2.tv2_in1k"),
        parameters=_counted(68_883_240),
        images=_IN1K,
        top1=_top1(0.8160),
    ),
    Network(
        title="ViT-B/32",
        names=("in1k-vit_b32", "vit_base_patch32_224.augreg_in1k"),
        parameters=_counted(88_224_232),
        images=_IN1K,
        top1=_top1(0.74904),
    ),
    Network(
        title="CLIP ViT-B/32",
        names=("clip-vit_b32", "vit_base_patch32_clip_224.laion2b"),
        parameters=_counted(87_849_216, "open_clip, visual tower"),
        images=_reported(2.32e9, "LAION-2B, image-text pairs"),
        top1=_top1(0.666),
    ),
    Network(
        title="ConvNeXt-B",
        names=("convnext_b", "convnext_base.fb_in1k"),
        parameters=_counted(88_591_464),
        images=_IN1K,
        top1=_top1(0.838),
    ),
)
BY_NAME: Mapping[str, Network] = {name: network for network in NETWORKS for name in network.names}
