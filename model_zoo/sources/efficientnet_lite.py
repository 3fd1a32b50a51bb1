"""EfficientNet-Lite of the package `efficientnet-lite-pytorch`: the verbatim network, and a faster one with the same function."""

import copy

from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model_zoo.catalogue import ModelCard

# Within the network and within each block, the convolution and the batch normalization that follows it.
PAIRS = (
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
    ("_conv_head", "_bn1"),
)


def build(model: ModelCard) -> nn.Module:
    """The network as the package builds it."""
    network: nn.Module = EfficientNet.from_name(model.architecture)
    return network


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """A copy with each batch normalization folded into its convolution, equal up to rounding and about twice as fast.

    Returns:
        The copy, and the names of the convolutions, whose own output is no longer that of the verbatim network.
    """
    fast = copy.deepcopy(network)
    changed = set()
    for name, module in fast.named_modules():
        _pad_inside_convolution(module)
        for convolution, normalization in PAIRS:
            if hasattr(module, convolution) and hasattr(module, normalization):
                fused = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, normalization))
                setattr(module, convolution, fused)
                setattr(module, normalization, nn.Identity())
                changed.add(f"{name}.{convolution}".lstrip("."))
    return fast, frozenset(changed)


def _pad_inside_convolution(module: nn.Module) -> None:
    """Let a convolution do its own symmetric zero padding, which saves a copy of its input."""
    padding = getattr(module, "static_padding", None)
    if isinstance(module, nn.Conv2d) and isinstance(padding, nn.ZeroPad2d):
        left, right, top, bottom = padding.padding
        if left == right and top == bottom:
            module.padding = (top, left)
            module.static_padding = nn.Identity()
