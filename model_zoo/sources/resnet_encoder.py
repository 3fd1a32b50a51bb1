"""ResNets of torchvision with a projection head, as contrastive learning trains them at its published scale."""

from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.perceptron import OutputSpace, output_map

ELIGIBLE = "backbone[.]layer[1-4][.][0-9]+"
"""The blocks, whose outputs are rectified."""


class ResnetEncoder(nn.Module):
    """Takes RGB images of any size; `backbone.conv1` … `backbone.avgpool`, `hidden`, `hidden_relu`, `projection`."""

    def __init__(self, *, backbone: str, hidden: int, latents: int, space: OutputSpace) -> None:
        """`backbone` is torchvision's name."""
        from torchvision.models import get_model  # noqa: PLC0415 -- takes seconds, and only some networks need it

        super().__init__()
        self.backbone: nn.Module = get_model(backbone, weights=None)
        width = cast(nn.Linear, self.backbone.fc).in_features
        self.backbone.fc = nn.Identity()
        for module in self.backbone.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False
        self.hidden = nn.Linear(width, hidden)
        self.hidden_relu = nn.ReLU()
        self.projection = nn.Linear(hidden, latents)
        self.space = output_map(space, latents=latents)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch latent"]:
        """The projections of preprocessed images."""
        return self.project(self.features(images))

    def features(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch feature"]:
        """What stands before the projection head."""
        return cast(Tensor, self.backbone(images))

    def project(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch latent"]:
        """The head: features to points of the space."""
        return cast(Tensor, self.space(self.projection(self.hidden_relu(self.hidden(features)))))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `backbone`, `hidden`, `latents` and `space`."""
    spec = model.spec
    return ResnetEncoder(backbone=spec["backbone"], hidden=spec["hidden"], latents=spec["latents"], space=spec["space"])


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: folding its batch normalizations would save 3 to 5 % of the time and take its memory twice."""
    return network, frozenset()
