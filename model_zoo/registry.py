"""Which module of `sources` builds which architecture. Called by `loading`."""

from collections.abc import Mapping
from typing import Protocol

from torch import nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources import (
    additive_autoencoder,
    clip_towers,
    convolutional_encoder,
    domain_classifier,
    efficientnet_lite,
    lucent_networks,
    mask_encoder,
    monet,
    perceptron,
    resnet_encoder,
    score_classifier,
    slot_attention,
    small_convnet,
    timm_networks,
    torchvision_networks,
    wide_readout,
)


class Source(Protocol):
    """A module that knows a family of architectures."""

    def build(self, model: ModelCard) -> nn.Module:
        """The network of a card, verbatim, with weights that mean nothing yet."""

    def folded(self, network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
        """A quicker copy with the same function, and the names of the layers whose own output differs in it."""


SOURCES: Mapping[str, Source] = {
    "efficientnet-lite0": efficientnet_lite,
    "googlenet": lucent_networks,
    "densenet201": torchvision_networks,
    "resnet50": torchvision_networks,
    "wide_resnet50_2": torchvision_networks,
    "resnet50_clip": clip_towers,
    "vit_base_patch32_clip_224": clip_towers,
    "vit_base_patch32_224": timm_networks,
    "convnext_base": timm_networks,
    "small_convnet": small_convnet,
    "perceptron": perceptron,
    "additive_autoencoder": additive_autoencoder,
    "slot_attention": slot_attention,
    "monet": monet,
    "mask_encoder": mask_encoder,
    "convolutional_encoder": convolutional_encoder,
    "resnet_encoder": resnet_encoder,
    "score_classifier": score_classifier,
    "domain_classifier": domain_classifier,
    "wide_readout": wide_readout,
}
"""By the name that stands in a card."""
