"""Silent units: a branch beside a convolution that no natural image wakes (Geirhos et al. 2024, orthogonal filters)."""

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.errors import InputError


@dataclass(eq=False)
class Tap:
    """What the convolution beside a silent branch got in this forward pass; shared by the convolution and the branch's layer."""

    features: Float[Tensor, "batch channel height width"] | None = None


class SilentBranch(nn.Module):
    """ReLU of a convolution with the kernel size, stride, padding and dilation of another, added to some channels.

    Raises:
        InputError: The other convolution is grouped; a filter of the branch looks at all channels.
    """

    units: Tensor

    def __init__(self, convolution: nn.Conv2d, *, count: int) -> None:
        super().__init__()
        if convolution.groups != 1:
            raise InputError(
                field="unit",
                message="its convolution is grouped, so that its filters do not see all channels",
                remedy="Give a unit of a layer that ends in an ordinary convolution, or construction gate",
            )
        self.register_buffer("units", torch.zeros(count, dtype=torch.int64))
        # A copy, because some convolutions bring a padding of their own that is not in their attributes.
        self.convolution = copy.deepcopy(convolution)
        self.convolution.out_channels = count
        self.convolution.weight = nn.Parameter(convolution.weight.detach().new_zeros(count, *convolution.weight.shape[1:]))
        self.convolution.bias = nn.Parameter(convolution.weight.detach().new_zeros(count))

    def responses(self, features: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch unit height width"]:
        """The branch on what the convolution beside it got."""
        return functional.relu(self.convolution(features))

    def forward(self, output: Float[Tensor, "batch channel height width"], *, tap: Tap) -> Float[Tensor, "batch channel h w"]:
        """The layer's output with the branch added."""
        if tap.features is None:
            raise RuntimeError("a silent branch ran without the convolution beside it")
        return output.index_add(1, self.units, self.responses(tap.features))
