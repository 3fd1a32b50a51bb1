"""Vision transformers and ConvNeXts of timm."""

import torch
from torch import nn

from model_zoo.catalogue import ModelCard


def build(model: ModelCard) -> nn.Module:
    """The network as timm builds it."""
    import timm  # noqa: PLC0415 -- takes seconds, and only some networks need it

    with torch.device("meta"):
        network: nn.Module = timm.create_model(model.architecture, pretrained=False)
    return network


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has nothing to fold."""
    return network, frozenset()
