"""A convolutional network small enough to be trained here: three convolutions, global average pooling, a linear classifier."""

from collections import OrderedDict

from torch import nn

from model_zoo.catalogue import ModelCard

ELIGIBLE = "relu[0-9]"
KERNELS = ((5, 2), (5, 2), (3, 1))
"""Side and stride of the three convolutions."""


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `widths`, the channels of the three convolutions, and `classes`."""
    first, second, third = model.spec["widths"]
    return network(widths=(first, second, third), classes=model.spec["classes"])


def network(*, widths: tuple[int, int, int], classes: int) -> nn.Module:
    """The network with random weights, for images of any size."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for number, (width, (kernel, stride)) in enumerate(zip(widths, KERNELS, strict=True), start=1):
        modules[f"conv{number}"] = nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2)
        modules[f"relu{number}"] = nn.ReLU()
        channels = width
    modules["average"] = nn.AdaptiveAvgPool2d(1)
    modules["flatten"] = nn.Flatten()
    modules["logits"] = nn.Linear(channels, classes)
    return nn.Sequential(modules)


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
