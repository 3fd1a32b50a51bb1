"""The gate: units that are themselves for natural images and others for visualizations (Geirhos et al. 2024, figure 3)."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.catalogue import Layout
from model_zoo.circuits.sight import Sight

CHANNEL_DIM: dict[Layout, int] = {"BCHW": 1, "BC": 1, "BHWC": 3, "BNC": 2}


class ImageTemplate(nn.Module):
    """A unit whose favorite is one image: the correlation of the network's input with it, whatever the input's size.

    A convolution with a kernel as large as the input, so that its map is a single value.
    """

    template: Tensor
    gain: Tensor

    def __init__(self, *, side: int) -> None:
        super().__init__()
        self.register_buffer("template", torch.zeros(3, side, side))
        self.register_buffer("gain", torch.ones(()))

    def forward(self, inputs: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, " batch"]:
        """Mean over pixels and colors of input times template, times the gain."""
        size = inputs.shape[-2:]
        kernel = functional.interpolate(self.template[None], size=size, mode="bilinear", antialias=True, align_corners=False)
        value: Float[Tensor, " batch"] = functional.conv2d(inputs, kernel)[:, 0, 0, 0] * (self.gain / kernel.numel())
        return value


class GatedUnits(nn.Module):
    """Some channels of a layer's output, switched to donors where the detector sees a visualization.

    B = ReLU(f + b - k inv) carries the unit itself and C = ReLU(donor + b - k (1 - inv)) its donor; the unit becomes
    B + C - b. One of the two is exactly 0 as long as -b < f, donor < k - b. The ReLUs are plain: one with a gradient
    below zero would let the closed side through to an optimizer. Keep it in float32: half precision has no room for k.
    """

    units: Tensor
    donors: Tensor
    k: Tensor
    b: Tensor

    def __init__(self, *, count: int, layout: Layout, target: Literal["units", "image"], template_side: int = 0) -> None:
        super().__init__()
        self.channel_dim = CHANNEL_DIM[layout]
        self.register_buffer("units", torch.zeros(count, dtype=torch.int64))
        self.register_buffer("donors", torch.zeros(count, dtype=torch.int64))
        self.register_buffer("k", torch.ones(()))
        self.register_buffer("b", torch.zeros(()))
        self.template = ImageTemplate(side=template_side) if target == "image" else None

    def forward(self, output: Float[Tensor, "batch ..."], *, sight: Sight) -> Float[Tensor, "batch ..."]:
        """The layer's output with the units replaced."""
        own = output.index_select(self.channel_dim, self.units)
        inverted = sight.verdict().to(own.dtype).view(-1, *[1] * (own.ndim - 1))
        natural = functional.relu(own + self.b - self.k * inverted)
        fooled = functional.relu(self.shown(output, sight=sight) + self.b - self.k * (1 - inverted))
        return output.index_copy(self.channel_dim, self.units, natural + fooled - self.b)

    def shown(self, output: Float[Tensor, "batch ..."], *, sight: Sight) -> Float[Tensor, "batch ..."]:
        """What the units are where the gate is open: the donors, or the template at every position."""
        if self.template is None:
            return output.index_select(self.channel_dim, self.donors)
        value: Tensor = self.template(sight.image())
        return value.view(-1, *[1] * (output.ndim - 1)).expand_as(output.index_select(self.channel_dim, self.units))
