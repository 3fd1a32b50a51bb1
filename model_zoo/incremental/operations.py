"""What an operation of a graph lets through: which cells of its output change with which of its input. Called by `sweeping`.

Only operations that stand here are computed in part; all others are computed on whole maps, which is always right.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch.nn import functional

from model_zoo.incremental.spans import Window

Run: TypeAlias = Callable[[Float[Tensor, "batch channel height width"]], Float[Tensor, "batch channel2 height2 width2"]]
Pair: TypeAlias = tuple[int, int]

LINEAR_MODULES = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.BatchNorm2d)
CELLWISE_MODULES = (
    *LINEAR_MODULES,
    nn.LocalResponseNorm,
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.SiLU, nn.GELU, nn.Mish, nn.Softplus),
    *(nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish),
)
CELLWISE_FUNCTIONS = (
    *(functional.relu, functional.relu6, functional.leaky_relu, functional.elu, functional.silu, functional.gelu),
    *(functional.hardtanh, functional.hardsigmoid, functional.hardswish, functional.sigmoid, functional.tanh),
    *(functional.dropout, functional.batch_norm, functional.local_response_norm),
    *(torch.relu, torch.relu_, torch.sigmoid, torch.tanh, torch.clamp),
)
CELLWISE_METHODS = ("relu", "relu_", "sigmoid", "tanh", "clamp", "contiguous", "clone")
JOINS = (operator.add, operator.iadd, operator.sub, operator.mul, operator.imul, torch.add, torch.sub, torch.mul, torch.cat)
JOIN_METHODS = ("add", "add_", "sub", "mul", "mul_")
SUMS = (operator.add, operator.iadd, operator.sub, torch.add, torch.sub, "add", "add_", "sub")


@dataclass(frozen=True, kw_only=True)
class Cellwise:
    """Each cell of the output comes from the same cell of the input."""

    run: Run | None = None
    """The operation, where there is a quicker way than to call its node."""
    linear: bool
    """Whether the mean over the map may be taken before instead of after it."""


@dataclass(frozen=True, kw_only=True)
class Padded:
    """A constant around the map."""

    top: int
    left: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Windowed:
    """Each cell of the output comes from a window of the input: convolution and pooling."""

    rows: Window
    columns: Window
    fill: float
    """Of the padding."""
    run: Run
    """The operation without its padding."""

    def padded(self, padding: Padded) -> "Windowed | None":
        """Both operations in one, or None if this one pads too."""
        if self.rows.padding or self.columns.padding:
            return None
        rows, columns = replace(self.rows, padding=padding.top), replace(self.columns, padding=padding.left)
        return replace(self, rows=rows, columns=columns, fill=padding.value)


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Several maps, cell by cell: sum, product, concatenation of channels."""

    linear: bool


@dataclass(frozen=True, kw_only=True)
class Global:
    """Anything else: each cell of the output may come from all of the input."""


Operation: TypeAlias = Cellwise | Windowed | Padded | Joined | Global
GLOBAL = Global()


def operation_of(node: fx.Node, *, modules: Mapping[str, nn.Module], values: Mapping[fx.Node, Any]) -> Operation:
    """What kind of operation a node is, given its module and what the nodes gave for the unchanged image."""
    found = _of_module(modules[str(node.target)]) if node.op == "call_module" else _of_function(node, values)
    if isinstance(found, Cellwise | Joined):
        # Only where maps of one size go in and come out; constants may be spread over all cells.
        size = _map_size(values[node])
        maps = [_map_size(values[source]) for source in node.all_input_nodes]
        return found if size and all(each in (size, None, (1, 1)) for each in maps) else GLOBAL
    return found


def _of_module(module: nn.Module) -> Operation:
    if type(module) in CELLWISE_MODULES:
        return Cellwise(linear=isinstance(module, LINEAR_MODULES))
    if type(module) is nn.Conv2d and module.padding_mode == "zeros":
        return _convolution(module.weight, module.bias, module.stride, module.padding, module.dilation, module.groups)
    if type(module) is nn.MaxPool2d and not module.return_indices:
        return _max_pool(module.kernel_size, module.stride, module.padding, module.dilation)
    if type(module) is nn.AvgPool2d:
        return _mean_pool(module)
    if isinstance(module, nn.ConstantPad2d):
        return _padding(module.padding, value=module.value)
    return GLOBAL


def _of_function(node: fx.Node, values: Mapping[fx.Node, Any]) -> Operation:
    arguments: list[Any] = [values[argument] if isinstance(argument, fx.Node) else argument for argument in node.args]
    if node.target in CELLWISE_FUNCTIONS or node.target in CELLWISE_METHODS:
        return Cellwise(linear=node.target is functional.batch_norm)
    if node.target is torch.cat:
        return Joined(linear=False) if node.kwargs.get("dim", arguments[-1]) == 1 else GLOBAL
    if node.target in JOINS or node.target in JOIN_METHODS:
        return Joined(linear=node.target in SUMS and len(node.all_input_nodes) == len(node.args))
    if node.target is torch.conv2d and len(arguments) == 7:
        return _convolution(*arguments[1:])
    if node.target is functional.max_pool2d and len(arguments) == 1 and not node.kwargs["return_indices"]:
        return _max_pool(*(node.kwargs[name] for name in ("kernel_size", "stride", "padding", "dilation")))
    if node.target is functional.pad and node.kwargs.get("mode", "constant") == "constant" and len(arguments) == 2:
        value: Any = node.kwargs.get("value") or 0.0
        return _padding(arguments[1], value=value)
    return GLOBAL


def _convolution(weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, groups: int) -> Operation:
    if isinstance(padding, str):
        return GLOBAL
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    if tuple(weight.shape[2:]) == (1, 1) and (stride, padding, groups) == ((1, 1), (0, 0), 1):
        return Cellwise(linear=True, run=partial(_matrix, weight=weight[:, :, 0, 0], bias=bias))
    run = partial(functional.conv2d, weight=weight, bias=bias, stride=stride, dilation=dilation, groups=groups)
    return _windowed(_pair(tuple(weight.shape[2:])), stride, padding, dilation, fill=0.0, run=run)


def _max_pool(kernel: Any, stride: Any, padding: Any, dilation: Any) -> Operation:
    kernel, stride, padding, dilation = _pair(kernel), _pair(stride or kernel), _pair(padding), _pair(dilation)
    run = partial(functional.max_pool2d, kernel_size=kernel, stride=stride, dilation=dilation)
    return _windowed(kernel, stride, padding, dilation, fill=-math.inf, run=run)


def _mean_pool(module: nn.AvgPool2d) -> Operation:
    kernel, stride, padding = _pair(module.kernel_size), _pair(module.stride), _pair(module.padding)
    if module.ceil_mode or module.divisor_override or (padding != (0, 0) and not module.count_include_pad):
        return GLOBAL
    run = partial(functional.avg_pool2d, kernel_size=kernel, stride=stride)
    return _windowed(kernel, stride, padding, (1, 1), fill=0.0, run=run)


def _windowed(kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, *, fill: float, run: Run) -> Windowed:
    rows, columns = (
        Window(kernel=kernel[axis], stride=stride[axis], padding=padding[axis], dilation=dilation[axis]) for axis in (0, 1)
    )
    return Windowed(rows=rows, columns=columns, fill=fill, run=run)


def _matrix(maps: Tensor, *, weight: Float[Tensor, "channel2 channel"], bias: Tensor | None) -> Tensor:
    """A 1x1 convolution as one product of matrices: with channels last it copies nothing."""
    return functional.linear(maps.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2)


def _padding(widths: Any, *, value: float) -> Operation:
    is_of_maps = len(widths) == 4 and min(widths) >= 0
    return Padded(top=widths[2], left=widths[0], value=value) if is_of_maps else GLOBAL


def _pair(value: Any) -> Pair:
    first, second = value if isinstance(value, list | tuple) else (value, value)
    return int(first), int(second)


def _map_size(value: Any) -> tuple[int, int] | None:
    """Height and width of a value that is spread over a map; None for numbers and vectors."""
    return _pair(tuple(value.shape[-2:])) if isinstance(value, Tensor) and value.ndim >= 3 else None
