"""The networks of the mixing study: an image encoder with a bag of words, and a classifier. Called by its task."""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.training.registration import Registered
from experiments.papers.mayilvahanan2025_domains.mixing.captions import PADDING
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration
from model_zoo.sources import convolutional_encoder, small_convnet
from model_zoo.sources.convolutional_encoder import ConvolutionalEncoder
from model_zoo.sources.small_convnet import SmallConvnet

SHARPEST = 100.0
"""Largest factor of similarities, and the one at first (Radford et al. 2021, section 2.3 and appendix)."""
FIRST = 1 / 0.07
LICENSE = "MIT, as this project; learned from Tux Paint's stamps on photographs in scikit-image and scikit-learn"


class ImageText(nn.Module):
    """Two towers onto one sphere: a convolutional one for images, and the mean of its words' embeddings for a caption."""

    def __init__(self, configuration: MixingConfiguration, *, vocabulary: int) -> None:
        super().__init__()
        self.encoder = ConvolutionalEncoder(**encoder_spec(configuration))
        self.words = nn.EmbeddingBag(vocabulary, configuration.latents, mode="mean", padding_idx=PADDING)
        self.scale = nn.Parameter(torch.tensor(FIRST).log())

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch latent"]:
        """The points of images."""
        return cast(Tensor, self.encoder(images))

    def text(self, words: Int[Tensor, "caption word"]) -> Float[Tensor, "caption latent"]:
        """The points of captions."""
        return functional.normalize(self.words(words), dim=1)

    @property
    def temperature(self) -> Float[Tensor, ""]:
        """Of the softmax over similarities; learned, and never below a hundredth."""
        return 1 / self.scale.exp().clamp(max=SHARPEST)


def image_text(configuration: MixingConfiguration, *, vocabulary: int, seed: int) -> ImageText:
    """Random weights that follow from the seed; torch draws them from its global generator, which is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ImageText(configuration, vocabulary=vocabulary)


def object_classifier(configuration: MixingConfiguration, *, seed: int) -> SmallConvnet:
    """The same of the supervised network."""
    first, second, third = configuration.widths
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SmallConvnet(widths=(first, second, third), classes=configuration.objects)


def encoder_spec(configuration: MixingConfiguration) -> dict[str, Any]:
    """What builds the image encoder; its features are a grid of 2 x 2."""
    head = {"hidden": 2 * configuration.latents, "latents": configuration.latents, "space": "sphere"}
    return {**head, "widths": list(configuration.widths), "grid": 2}


def about(configuration: MixingConfiguration) -> Registered:
    """The card's words on the network that sees images."""
    shares = f"{configuration.renditions:.1%} renditions among {configuration.images} images"
    if configuration.model == "contrastive":
        return Registered(
            title=f"Encoder of images, trained here with captions on {shares}",
            architecture="convolutional_encoder",
            spec=encoder_spec(configuration),
            eligible=convolutional_encoder.ELIGIBLE,
            side=configuration.side,
            license=LICENSE,
        )
    return Registered(
        title=f"Classifier of objects, trained here on {shares}",
        architecture="small_convnet",
        spec={"widths": list(configuration.widths), "classes": configuration.objects},
        eligible=small_convnet.ELIGIBLE,
        side=configuration.side,
        license=LICENSE,
    )
