"""A convolution that never learns, with its ReLU in the same pass, for gradients that go to the image only.

The gradient of a convolution with respect to its input is itself a convolution of the output's gradient, with the flipped
kernel; that of a strided one is several, one for each place that an input can have relative to the stride (its phase).
Computed as such it takes the quick forward kernels of oneDNN: for strided depthwise convolutions in bfloat16 oneDNN's own
backward pass was measured at ten times the time of the forward pass.
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
    phases: Tensor

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
        self.register_buffer("weight", _evenly_padded(weight, padding).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias)
        self.register_buffer("phases", _phases(weight, stride, groups))
        self.stride, self.padding, self.groups, self.ceiling = stride, padding, groups, ceiling
        left, right, above, below = padding
        self.even_padding = (max(above, below), max(left, right))

    def forward(self, images: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The output, whose gradient flows to `images` alone."""
        outputs: Tensor = _Apply.apply(images, self)
        return outputs

    def compute(self, images: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The output, without a gradient."""
        return _convolve(
            images,
            self.weight,
            self.bias,
            padding=self.even_padding,
            stride=self.stride,
            groups=self.groups,
            ceiling=self.ceiling,
        )

    def gradient(
        self, outer: Float[Tensor, "batch out rows columns"], *, height: int, width: int
    ) -> Float[Tensor, "batch in height width"]:
        """The gradient at an input of this size, given that at the output before the activation."""
        (down, across), (left, right, above, below) = self.stride, self.padding
        reach = (self.phases.shape[-2] - 1, self.phases.shape[-1] - 1)
        margins = (reach[0] - above, reach[1] - left)
        if self.stride == (1, 1) and (left, above) == (right, below) and min(margins) >= 0:
            return _convolve(outer, self.phases[0, 0], None, padding=margins, groups=self.groups)
        size = (len(outer), self.phases.shape[2], height, width)
        inner = torch.empty(size, dtype=outer.dtype, memory_format=torch.channels_last)
        if down * (outer.shape[2] + reach[0]) < height + above or across * (outer.shape[3] + reach[1]) < width + left:
            inner.zero_()  # the last rows or columns do not touch the output
        for i in range(down):
            for j in range(across):
                part = _convolve(outer, self.phases[i, j], None, padding=reach, groups=self.groups)
                # Input row r has phase i where r + above = down * q + i; q is the row in `part`.
                row, column = (i - above) % down, (j - left) % across
                part = part[:, :, (row + above - i) // down :, (column + left - j) // across :]
                target = inner[:, :, row::down, column::across]
                rows, columns = min(part.shape[2], target.shape[2]), min(part.shape[3], target.shape[3])
                target[:, :, :rows, :columns] = part[:, :, :rows, :columns]
        return inner


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
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None]:
        ceiling, (height, width) = ctx.convolution.ceiling, ctx.size
        if ceiling is not None:
            (outputs,) = ctx.saved_tensors
            outer = torch.ops.aten.hardtanh_backward(outer, outputs, 0.0, ceiling)
        return ctx.convolution.gradient(outer, height=height, width=width), None


def _convolve(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    padding: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    groups: int,
    ceiling: float | None = None,
) -> Tensor:
    """The convolution of oneDNN with its activation in one pass; torch's compiler uses the same operator."""
    activation, bounds = ("none", []) if ceiling is None else ("hardtanh", [0.0, ceiling])
    outputs: Tensor = torch.ops.mkldnn._convolution_pointwise(
        images, weight, bias, padding, stride, (1, 1), groups, activation, bounds, ""
    )
    return outputs


def _evenly_padded(weight: Float[Tensor, "out in height width"], padding: tuple[int, int, int, int]) -> Tensor:
    """The kernel with zeros on one side, so that the same padding on both sides of the image does, and saves a copy of it."""
    left, right, above, below = padding
    wider, higher = right - left, below - above
    return functional.pad(weight, (max(wider, 0), max(-wider, 0), max(higher, 0), max(-higher, 0)))


def _phases(
    weight: Float[Tensor, "out in height width"], stride: tuple[int, int], groups: int
) -> Float[Tensor, "down across all_in group_out rows columns"]:
    """The kernels of the gradient: inputs and outputs exchanged within each group; each phase's taps, turned by 180 degrees."""
    exchanged = torch.unflatten(weight, 0, (groups, -1)).transpose(1, 2).flatten(0, 1)
    down, across = stride
    height, width = exchanged.shape[2:]
    whole = functional.pad(exchanged, (0, -width % across, 0, -height % down))
    phases = [torch.stack([whole[:, :, i::down, j::across].flip(2, 3) for j in range(across)]) for i in range(down)]
    return torch.stack(phases)
