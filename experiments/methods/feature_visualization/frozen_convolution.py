"""A convolution that never learns, with its ReLU in the same pass, for gradients that go to the image only.

The gradient of a convolution with respect to its input is itself a convolution of the output's gradient, spread out by the
stride, with the flipped kernel. Computed as such it takes the quick forward kernels of oneDNN: for strided depthwise
convolutions in bfloat16 its own backward pass was measured at ten times the time of the forward pass.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


class FrozenConvolution(nn.Module):
    """Like `functional.conv2d` of an input padded with zeros, then clamped from 0 to `ceiling` where there is one.

    Works in the precision of its weights, on the CPU.
    """

    weight: Tensor
    bias: Tensor | None
    flipped: Tensor

    def __init__(
        self,
        weight: Float[Tensor, "out in height width"],
        bias: Float[Tensor, " out"] | None,
        *,
        stride: tuple[int, int],
        padding: tuple[int, int, int, int],
        groups: int,
        ceiling: float | None,
    ) -> None:
        """`padding` is that left, right, above and below; `ceiling` is infinite for a ReLU, None for no activation."""
        super().__init__()
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last), persistent=False)
        self.register_buffer("bias", bias, persistent=False)
        self.register_buffer("flipped", _flipped(weight, groups).contiguous(memory_format=torch.channels_last), persistent=False)
        self.stride, self.padding, self.groups, self.ceiling = stride, padding, groups, ceiling

    def forward(self, images: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The output, whose gradient flows to `images` alone."""
        outputs: Tensor = _Apply.apply(images, self)  # type: ignore[no-untyped-call]
        return outputs

    def compute(self, images: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The output, without a gradient."""
        left, right, above, below = self.padding
        if (left, above) != (right, below):
            images, left, above = functional.pad(images, self.padding), 0, 0
        activation, bounds = _ACTIVATIONS.get(self.ceiling, ("hardtanh", [0.0, self.ceiling]))
        return _convolve(
            images, self.weight, self.bias, padding=(above, left), stride=self.stride, groups=self.groups,
            activation=activation, bounds=bounds,
        )  # fmt: skip

    def gradient(
        self, outer: Float[Tensor, "batch out rows columns"], *, height: int, width: int
    ) -> Float[Tensor, "batch in height width"]:
        """The gradient at an input of this size, given that at the output before the activation."""
        rows, columns = self.weight.shape[2:]
        left, right, above, below = self.padding
        if self.stride == (1, 1) and (left, above) == (right, below):
            margins = (rows - 1 - above, columns - 1 - left)
            return _convolve(outer, self.flipped, None, padding=margins, stride=(1, 1), groups=self.groups)
        size = (len(outer), outer.shape[1], height + rows - 1, width + columns - 1)
        spread = torch.empty(size, dtype=outer.dtype, memory_format=torch.channels_last).zero_()
        top, start = rows - 1 - above, columns - 1 - left
        down, across = self.stride
        spread[:, :, top::down, start::across][:, :, : outer.shape[2], : outer.shape[3]] = outer
        return _convolve(spread, self.flipped, None, padding=(0, 0), stride=(1, 1), groups=self.groups)


class _Apply(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, convolution: FrozenConvolution) -> Tensor:
        outputs = convolution.compute(images)
        ctx.convolution, ctx.size = convolution, images.shape[2:]
        # Without an activation the gradient does not depend on the output, which can then be freed.
        if convolution.ceiling is not None:
            ctx.save_for_backward(outputs)
        return outputs

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None]:
        ceiling, (height, width) = ctx.convolution.ceiling, ctx.size
        if ceiling is not None:
            (outputs,) = ctx.saved_tensors
            outer = torch.ops.aten.hardtanh_backward(outer, outputs, 0.0, ceiling)
        return ctx.convolution.gradient(outer, height=height, width=width), None


_ACTIVATIONS: dict[float | None, tuple[str, list[float]]] = {None: ("none", []), float("inf"): ("relu", [])}


def _convolve(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    padding: tuple[int, int],
    stride: tuple[int, int],
    groups: int,
    activation: str = "none",
    bounds: list[float] | None = None,
) -> Tensor:
    """The convolution of oneDNN with its activation in one pass; torch's compiler uses the same operator."""
    outputs: Tensor = torch.ops.mkldnn._convolution_pointwise(
        images, weight, bias, padding, stride, (1, 1), groups, activation, bounds or [], ""
    )
    return outputs


def _flipped(weight: Float[Tensor, "out in height width"], groups: int) -> Float[Tensor, "all_in group_out height width"]:
    """The kernel of the gradient's convolution: inputs and outputs exchanged within each group, turned by 180 degrees."""
    grouped = weight.unflatten(0, (groups, -1)).transpose(1, 2)
    return grouped.flatten(0, 1).flip(2, 3)
