"""A copy of a network's beginning that is made for gradients at the image: truncated, convolutions frozen and fused, bfloat16.

Called by `reading`. The copy is made from the graph that torch.fx traces, so it is only for networks that are known to be
nothing but their graph; circuits, which hide gradients and need exact constants, are not among them.
"""

import copy
import math
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from experiments.methods.feature_visualization.frozen_convolution import FrozenConvolution

TRACEABLE = frozenset({"efficientnet-lite0", "resnet50", "wide_resnet50_2", "densenet201"})
"""Architectures of which tests compare the copy with the network."""
OPENED = (nn.Conv2d, nn.ReLU, nn.ReLU6, nn.ZeroPad2d, nn.Identity)
"""Modules that are traced as the functions that they call."""


def quick_precision() -> torch.dtype:
    """bfloat16 where the processor multiplies it, since memory traffic bounds these networks; else single precision."""
    multiplies = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if multiplies else torch.float32


def quick_copy(network: nn.Module, *, layers: frozenset[str], dtype: torch.dtype) -> nn.Module:
    """A module from preprocessed images to a dict with the outputs of these layers, by name; the network stays as it is."""
    tracer = _Tracer()
    graph = tracer.trace(network)
    graph.erase_node(next(node for node in graph.nodes if node.op == "output"))
    graph.output({layer: tracer.reached[layer] for layer in sorted(layers)})
    quick = fx.GraphModule(network, graph)
    quick.graph.eliminate_dead_code()
    for node in list(quick.graph.nodes):
        if node.target is functional.conv2d:
            _freeze(quick, node)
    quick.graph.eliminate_dead_code()
    quick.delete_all_unused_submodules()
    quick.recompile()
    return copy.deepcopy(quick).to(dtype)


class _Tracer(fx.Tracer):
    """Traces a network and remembers the node that each module gave."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: dict[str, fx.Node] = {}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not isinstance(m, OPENED) and super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        output = super().call_module(m, forward, args, kwargs)
        if isinstance(output, fx.Proxy):
            self.reached[self.path_of_module(m)] = output.node
        return output


def _freeze(quick: fx.GraphModule, node: Any) -> None:
    """Replace a convolution by a frozen one, which takes along the padding before it and the activation after it.

    The arguments of a node can be of any type; those of a convolution are the tensors' nodes and numbers.
    """
    images, weight, bias, stride, (vertical, horizontal), dilation, groups = node.args
    if tuple(dilation) != (1, 1):
        return
    margins = [horizontal, horizontal, vertical, vertical]
    if images.target is functional.pad and len(images.users) == 1:
        margins = [margin + more for margin, more in zip(margins, images.args[1], strict=True)]
        images = images.args[0]
    (follower, *others) = node.users
    ceiling = None if others else _ceiling(follower)
    frozen = FrozenConvolution(
        _value(quick, weight), _value(quick, bias), stride=tuple(stride), padding=tuple(margins), groups=groups, ceiling=ceiling
    )
    name = f"frozen_{node.name}"
    quick.add_submodule(name, frozen)
    with quick.graph.inserting_before(node):
        new = quick.graph.call_module(name, (images,))
    (node if ceiling is None else follower).replace_all_uses_with(new)


def _ceiling(node: Any) -> float | None:
    """Where an activation of the ReLU family ends; None if the node is another thing."""
    if node.target is functional.relu:
        return math.inf
    if node.target is functional.hardtanh and node.kwargs["min_val"] == 0:
        return float(node.kwargs["max_val"])
    return None


def _value(quick: fx.GraphModule, node: Any) -> Any:
    """The tensor that a node fetches from the network; None for None."""
    if node is None:
        return None
    path, _, name = node.target.rpartition(".")
    return getattr(quick.get_submodule(path), name).detach()
