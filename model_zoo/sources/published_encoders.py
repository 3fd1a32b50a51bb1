"""The encoders of images of Zimmermann et al. 2021: five convolutions for KITTI Masks, a ResNet-18 for 3DIdent."""

from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.perceptron import OutputSpace, output_map

MASK_CHANNELS = (32, 32, 64, 64)
MASK_FEATURES = 256
FEATURES_PER_LATENT = 10
"""Outputs of the ResNet for each latent, before the linear map to the latents."""
ELIGIBLE = "relu[0-9]|resnet[.]layer[1-4][.][01]"


class MaskEncoder(nn.Module):
    """For 64 px masks: four convolutions that halve the map, a fifth that ends it, and a linear map (KITTI Masks)."""

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


class ResNetEncoder(nn.Module):
    """For images of any size: a ResNet-18, a leaky ReLU and a linear map (3DIdent)."""

    def __init__(self, *, latents: int, space: OutputSpace) -> None:
        super().__init__()
        from torchvision.models import resnet18  # noqa: PLC0415 -- takes seconds, and only this network needs it

        self.resnet = resnet18(num_classes=FEATURES_PER_LATENT * latents)
        for module in self.resnet.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False
        self.leaky = nn.LeakyReLU()
        self.projection = nn.Linear(FEATURES_PER_LATENT * latents, latents)
        self.space = output_map(space, latents=latents)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch latent"]:
        """The codes of preprocessed images."""
        return cast(Tensor, self.space(self.projection(self.leaky(self.resnet(images)))))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `latents` and `space`."""
    kind = MaskEncoder if model.architecture == "mask_encoder" else ResNetEncoder
    return kind(latents=model.spec["latents"], space=model.spec["space"])


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: its batch normalizations, if any, stay as they are."""
    return network, frozenset()
