"""The encoder of KITTI Masks of Zimmermann et al. 2021: five convolutions and a linear map."""

from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.perceptron import OutputSpace, output_map

MASK_CHANNELS = (32, 32, 64, 64)
MASK_FEATURES = 256
ELIGIBLE = "relu[0-9]"


class MaskEncoder(nn.Module):
    """For 64 px masks: four convolutions that halve the map, a fifth that ends it, and a linear map."""

    def __init__(self, *, latents: int, space: OutputSpace) -> None:
        super().__init__()
        before = 1
        for number, after in enumerate(MASK_CHANNELS, start=1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1))
            self.add_module(f"relu{number}", nn.ReLU())
            before = after
        self.conv5 = nn.Conv2d(before, MASK_FEATURES, kernel_size=4)
        self.relu5 = nn.ReLU()
        self.flatten = nn.Flatten()
        self.projection = nn.Linear(MASK_FEATURES, latents)
        self.space = output_map(space, latents=latents)

    def forward(self, images: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch latent"]:
        """The codes of images whose channels are alike: masks have one."""
        maps = images.mean(dim=1, keepdim=True)
        for number in range(1, len(MASK_CHANNELS) + 2):
            maps = self.get_submodule(f"relu{number}")(self.get_submodule(f"conv{number}")(maps))
        return cast(Tensor, self.space(self.projection(self.flatten(maps))))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `latents` and `space`."""
    return MaskEncoder(latents=model.spec["latents"], space=model.spec["space"])


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no batch normalizations."""
    return network, frozenset()
