"""Lucid's redirected ReLU: a gradient that wakes a unit which is off, so that an image can begin. Used by `reading`.

The forward pass is that of the network. In the backward pass a ReLU that lets nothing through for an image lets everything
through that would not push its inputs further below 0 (lucid, `redirected_relu_grad`, the rule of its first 16 steps).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import TorchFunctionMode

RELUS = frozenset({functional.relu, functional.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_})


class RedirectedRelus(TorchFunctionMode):
    """While it is entered, every ReLU and ReLU6 of torch that is computed, as a module or as a function, is a redirected one.

    None works in place then; the network itself stays as it is.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Called by torch in place of each of its functions."""
        ceiling = _ceiling(func, kwargs or {})
        return func(*args, **(kwargs or {})) if ceiling is None else _Redirected.apply(args[0], ceiling)


def _ceiling(func: Callable[..., Any], kwargs: Mapping[str, Any]) -> float | None:
    """Where an activation of the ReLU family ends; None for another function."""
    if func in RELUS:
        return math.inf
    if func is functional.relu6:
        return 6.0
    # As `nn.ReLU6` calls it; torch hands its arguments on by name.
    if func is functional.hardtanh and kwargs.get("min_val") == 0:
        return float(kwargs["max_val"])
    return None


class _Redirected(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, ceiling: float) -> Tensor:
        ctx.save_for_backward(inputs)
        ctx.ceiling = ceiling
        return inputs.clamp(0, ceiling)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None]:
        """The gradient is that of a loss: where it is negative, a step downhill raises the input."""
        (inputs,) = ctx.saved_tensors
        through = outer * ((inputs > 0) & (inputs < ctx.ceiling))
        redirected = outer * (((inputs > 0) | (outer < 0)) & ((inputs < ctx.ceiling) | (outer > 0)))
        stuck = ~through.flatten(1).any(dim=1).view(-1, *[1] * (outer.ndim - 1))
        return redirected.where(stuck, through), None
