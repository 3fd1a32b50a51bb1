"""A classifier whose linear read-out sees a wide layer, with the activations and encodings that were proposed as defences."""

import itertools
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.resnet_encoder import small_stem

ELIGIBLE = "body[.]active[0-9]+|body[.]layer[1-4][.][0-9]+|active"
"""Activations, and the blocks of a ResNet, whose outputs are rectified."""
Body: TypeAlias = Literal["convolutions", "resnet18"]


class WinnersTakeAll(nn.Module):
    """Keeps the largest share of an image's activations, whatever their place, and sets all others to 0 (Xiao et al. 2020)."""

    def __init__(self, *, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, maps: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """As many stay as the share says, at least one; none is rectified."""
        flat = maps.flatten(1)
        least = flat.topk(max(1, round(self.share * flat.shape[1])), dim=1).values[:, -1:]
        return torch.where(flat >= least, flat, 0).view_as(maps)


class Thermometer(nn.Module):
    """Codes a value of [-1, 1] as the thresholds that it exceeds (Buckman et al. 2018); its gradient is 0."""

    def __init__(self, *, levels: int) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch code height width"]:
        """3 x `levels` channels of 0 and 1, those of a color together."""
        # Not `> 0`, through which there is no gradient at all, not even one of 0.
        return self.excess(images).clamp(0, 1).ceil().flatten(1, 2)

    def excess(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 level height width"]:
        """By how much a value exceeds each threshold."""
        thresholds = torch.arange(self.levels, device=images.device) * 2 / self.levels - 1
        return images[:, :, None] - thresholds[:, None, None]


class WideReadout(nn.Module):
    """Takes RGB images of one size; `encode`, `body`, `hidden`, `active`, `logits`."""

    def __init__(
        self, *, body: Body, widths: tuple[int, ...], side: int, hidden: int, classes: int, winners: float, levels: int
    ) -> None:
        """Random weights.

        Args:
            body: What stands below the wide layer.
            widths: Channels of convolutions that halve the map each; a ResNet has its own.
            side: px of the images.
            hidden: Features that the read-out sees.
            classes: Logits.
            winners: Share of activations that stay at each nonlinearity; 0 for rectifiers.
            levels: Thresholds of the thermometer code; 0 for images as they are.
        """
        super().__init__()
        self.encode = Thermometer(levels=levels) if levels else nn.Identity()
        channels = 3 * levels or 3
        if body == "resnet18":
            self.body: nn.Module = _resnet(channels)
            features = 512
        else:
            self.body = _convolutions((channels, *widths))
            features = widths[-1] * (-(-side // 2 ** len(widths))) ** 2
        self.hidden = nn.Linear(features, hidden)
        self.active: nn.Module = nn.ReLU()
        self.logits = nn.Linear(hidden, classes)
        if winners:
            _exchange_rectifiers(self, winners=winners)

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch class"]:
        """The logits of preprocessed images."""
        logits: Float[Tensor, "batch class"] = self.logits(self.features(images))
        return logits

    def features(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch feature"]:
        """What the read-out sees."""
        features: Float[Tensor, "batch feature"] = self.active(self.hidden(self.body(self.encode(images))))
        return features


def _convolutions(channels: tuple[int, ...]) -> nn.Module:
    body = nn.Sequential()
    for number, (before, after) in enumerate(itertools.pairwise(channels), start=1):
        body.add_module(f"conv{number}", nn.Conv2d(before, after, kernel_size=5, stride=2, padding=2))
        body.add_module(f"active{number}", nn.ReLU())
    body.add_module("flatten", nn.Flatten())
    return body


def _resnet(channels: int) -> nn.Module:
    from torchvision.models import resnet18  # noqa: PLC0415 -- takes seconds, and only some networks need it

    body: nn.Module = resnet18(weights=None)
    body.fc = nn.Identity()
    stem = small_stem()
    body.conv1 = stem if channels == stem.in_channels else nn.Conv2d(channels, 64, kernel_size=3, padding=1, bias=False)
    body.maxpool = nn.Identity()
    for module in body.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return body


def _exchange_rectifiers(network: nn.Module, *, winners: float) -> None:
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.ReLU):
                setattr(parent, name, WinnersTakeAll(share=winners))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds what `WideReadout` takes."""
    spec = model.spec
    return WideReadout(
        body=spec["body"],
        widths=tuple(spec["widths"]),
        side=spec["side"],
        hidden=spec["hidden"],
        classes=spec["classes"],
        winners=spec["winners"],
        levels=spec["levels"],
    )


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: the small one has no normalization to fold, of the other it would save little."""
    return network, frozenset()
