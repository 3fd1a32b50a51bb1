"""Visual towers of CLIP as open_clip builds them; their outputs are embeddings, not classes."""

import torch
from torch import nn

from model_zoo.catalogue import ModelCard


def build(model: ModelCard) -> nn.Module:
    """The tower of open_clip's network `spec["open_clip"]`, but that no activation overwrites the layer before it."""
    import open_clip  # noqa: PLC0415 -- takes seconds, and only some networks need it

    with torch.device("meta"):
        tower: nn.Module = open_clip.CLIP(**open_clip.get_model_config(model.spec["open_clip"])).visual
    for module in tower.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return tower


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself; what was measured for torchvision's holds here."""
    return network, frozenset()
