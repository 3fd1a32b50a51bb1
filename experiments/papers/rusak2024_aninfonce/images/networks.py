"""The networks of the image part: an encoder and the precisions that its loss learns, and how a card describes it."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.training.registration import Registered
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration
from model_zoo.sources import convolutional_encoder, resnet_encoder
from model_zoo.sources.convolutional_encoder import ConvolutionalEncoder
from model_zoo.sources.resnet_encoder import ResnetEncoder

LICENSES = {
    "packaged": "MIT, as this project; learned from photographs in scikit-image and scikit-learn and from Tux Paint's stamps",
    "cifar10": "MIT, as this project; learned from CIFAR-10",
    "folders": "MIT, as this project; learned from images of the operator's",
}


class WithPrecisions(nn.Module):
    """An encoder on the unit sphere and the precisions Λ̂ of the score -½ vᵀΛ̂v: learned, or what InfoNCE's temperature says.

    On the sphere the latter is the dot product divided by the temperature, up to a constant.
    """

    def __init__(self, encoder: ConvolutionalEncoder | ResnetEncoder, *, configuration: ImageConfiguration) -> None:
        super().__init__()
        self.encoder = encoder
        start = math.log(math.expm1(1 / configuration.temperature))
        self.raw = nn.Parameter(torch.full((configuration.latents,), start), requires_grad=configuration.loss == "aninfonce")

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch latent"]:
        """Points of the sphere."""
        codes: Float[Tensor, "batch latent"] = self.encoder(images)
        return codes

    def precisions(self) -> Float[Tensor, " latent"]:
        """Those of the loss."""
        return functional.softplus(self.raw)


def network_of(configuration: ImageConfiguration, *, seed: int) -> WithPrecisions:
    """Random weights that follow from the seed; torch draws them from its global generator, which is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kind = ConvolutionalEncoder if configuration.backbone == "convolutional" else ResnetEncoder
        encoder: ConvolutionalEncoder | ResnetEncoder = kind(**_spec(configuration))
    return WithPrecisions(encoder, configuration=configuration)


def about(configuration: ImageConfiguration) -> Registered:
    """The card's words on the encoder."""
    loss = {"infonce": "InfoNCE", "aninfonce": "AnInfoNCE"}[configuration.loss]
    is_small = configuration.backbone == "convolutional"
    return Registered(
        title=f"Encoder of images, trained here by {loss}",
        architecture="convolutional_encoder" if is_small else "resnet_encoder",
        spec=_spec(configuration),
        eligible=(convolutional_encoder if is_small else resnet_encoder).ELIGIBLE,
        side=configuration.side,
        license=LICENSES[configuration.images],
    )


def _spec(configuration: ImageConfiguration) -> dict[str, Any]:
    head = {"hidden": configuration.hidden, "latents": configuration.latents, "space": "sphere"}
    if configuration.backbone == "convolutional":
        return {**head, "widths": list(configuration.widths), "grid": 1}
    return {**head, "backbone": configuration.backbone, "stem": configuration.stem, "slope": 0.0}
