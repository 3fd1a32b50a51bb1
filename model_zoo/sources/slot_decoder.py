"""What the networks that decompose a scene share: tokens of patches, the result of a pass, and the decoder of one slot."""

import math
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

COLORS = 3
FASTEST = 4.0
"""Standard deviation of the angular speed of first codes of places, in radians a side."""


@dataclass(frozen=True, eq=False)
class Decomposed:
    """A batch of images as several layers, one for each slot."""

    slots: Float[Tensor, "batch slot dim"]
    masks: Float[Tensor, "batch slot height width"]
    """Shares of the slots at each pixel; their sum is 1."""
    colors: Float[Tensor, "batch slot 3 height width"]
    """Of a pixel if it belonged to the slot; normalized as the images are."""
    cost: Float[Tensor, " batch"]
    """What the network's own objective adds to that of the image, in nats; 0 where it adds nothing."""

    @property
    def reconstruction(self) -> Float[Tensor, "batch 3 height width"]:
        """The mean of the mixture."""
        return (self.masks[:, :, None] * self.colors).sum(dim=1)

    @property
    def labels(self) -> Float[Tensor, "batch height width"]:
        """The slot with the largest share of each pixel."""
        return self.masks.argmax(dim=1)


def plane_waves(count: int, *, width: int) -> Float[Tensor, "count count width"]:
    """First codes of places: `width` random plane waves, so that near places have like codes and far ones have not."""
    grid = (torch.arange(count) + 0.5) / count
    speed = FASTEST * torch.randn(2, width)
    phase = 2 * math.pi * torch.rand(width)
    return torch.cos(grid[None, :, None] * speed[0] + grid[:, None, None] * speed[1] + phase)


class PatchEncoder(nn.Module):
    """A token for each patch, from what is seen there and a learned code of the place; images may be of any size."""

    def __init__(self, *, side: int, patch: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Conv2d(COLORS, width, patch, stride=patch)
        self.places = nn.Parameter(plane_waves(side // patch, width=width).permute(2, 0, 1)[None].contiguous())
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch width row column"]:
        """The tokens, where their patches are."""
        maps = self.embed(images)
        places: Tensor = self.places
        if maps.shape[2:] != places.shape[2:]:
            # Pools and visualizations show larger images than the network was trained on.
            places = functional.interpolate(places, size=maps.shape[2:], mode="bilinear")
        # The place comes before a nonlinearity: in a sum of tokens that are sums, content and place would come apart.
        return cast(Tensor, self.mix(functional.relu(maps + places)))


class BroadcastDecoder(nn.Module):
    """Spatial broadcast (Watters et al. 2019): a slot is put at each patch, with a code of the place, and decoded there.

    Slot and place are added after a linear layer of each, which is a first layer on both, at the cost of one on the slots.
    """

    def __init__(self, *, side: int, patch: int, dim: int, width: int) -> None:
        super().__init__()
        self.patch = patch
        self.slot = nn.Linear(dim, width)
        self.places = nn.Parameter(plane_waves(side // patch, width=width))
        self.hidden = nn.Linear(width, width)
        self.pixels = nn.Linear(width, (COLORS + 1) * patch**2)

    def forward(
        self, slots: Float[Tensor, "batch slot dim"]
    ) -> tuple[Float[Tensor, "batch slot 3 height width"], Float[Tensor, "batch slot height width"]]:
        """Colors and logits of the masks."""
        maps = functional.relu(self.slot(slots)[:, :, None, None] + self.places)
        pixels = self.pixels(functional.relu(self.hidden(maps))).unflatten(-1, (COLORS + 1, -1))
        images = from_patches(pixels.movedim(4, 2), patch=self.patch)
        return images[:, :, :COLORS], images[:, :, COLORS]


def from_patches(pixels: Float[Tensor, "*batch row column pixel"], *, patch: int) -> Float[Tensor, "*batch height width"]:
    """Maps from the pixels of their patches."""
    *batch, rows, columns, _ = pixels.shape
    apart = pixels.reshape(*batch, rows, columns, patch, patch).transpose(-3, -2)
    return apart.reshape(*batch, rows * patch, columns * patch)
