"""ResNets of torchvision with a head of two layers, as contrastive learning trains them at its published scale."""

from typing import Literal, TypeAlias, cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.perceptron import OutputSpace, output_map

ELIGIBLE = "backbone[.]layer[1-4][.][0-9]+"
"""The blocks, whose outputs are rectified."""


Stem: TypeAlias = Literal["large", "small"]
"""That of torchvision; or for images of 32 px a 3 x 3 convolution that keeps their size, and no pooling."""


class ResnetEncoder(nn.Module):
    """Takes RGB images of any size; `backbone.conv1` … `backbone.avgpool`, `hidden`, `rectified`, `projection`."""

    def __init__(self, *, backbone: str, stem: Stem, hidden: int, slope: float, latents: int, space: OutputSpace) -> None:
        """`backbone` is torchvision's name; `slope` is that of the head's leaky rectifier, 0 for a plain one."""
        from torchvision.models import get_model  # noqa: PLC0415 -- takes seconds, and only some networks need it

        super().__init__()
        self.backbone: nn.Module = get_model(backbone, weights=None)
        width = cast(nn.Linear, self.backbone.fc).in_features
        self.backbone.fc = nn.Identity()
        if stem == "small":
            self.backbone.conv1 = small_stem()
            self.backbone.maxpool = nn.Identity()
        for module in self.backbone.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False
        self.hidden = nn.Linear(width, hidden)
        self.rectified = nn.LeakyReLU(slope)
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
        return cast(Tensor, self.space(self.projection(self.rectified(self.hidden(features)))))


def small_stem() -> nn.Conv2d:
    """The first convolution for small images (Chen et al. 2020, appendix B.9), with first weights as torchvision draws them."""
    stem = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    return stem


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds what `ResnetEncoder` takes."""
    spec = model.spec
    return ResnetEncoder(
        backbone=spec["backbone"],
        stem=spec["stem"],
        hidden=spec["hidden"],
        slope=spec["slope"],
        latents=spec["latents"],
        space=spec["space"],
    )


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: folding its batch normalizations would save 3 to 5 % of the time and take its memory twice."""
    return network, frozenset()
