"""A classifier of an image's style domain: EfficientNet-Lite0, frozen, a description of its maps, and two linear heads."""

from typing import Literal, cast

import torch
from efficientnet_lite_pytorch import EfficientNet
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard

BASE = "efficientnet-lite0"
ELIGIBLE = r"blocks\.[0-9]+"
GRAM_BLOCKS = (0, 2, 4)
"""Blocks whose Gram matrices describe a style; deeper ones tell more of what is shown."""
CHANNELS = (16, 24, 40)
"""Of these blocks."""
EMBEDDING = 1280

Description = Literal["gram", "embedding"]
LENGTHS = {"gram": sum(channels * (channels + 1) // 2 for channels in CHANNELS), "embedding": EMBEDDING}
"""Numbers of a description."""


class DomainClassifier(nn.Module):
    """Takes RGB images of any size from 32 px; its outputs are logits, one for each head against the rest."""

    def __init__(self, *, description: Description, heads: int) -> None:
        """`gram` goes no deeper than its last block; `embedding` through the whole network."""
        super().__init__()
        base = EfficientNet.from_name(BASE)
        self.description: Description = description
        self.stem, self.stem_norm, self.activation = base._conv_stem, base._bn0, base._swish
        is_whole = description == "embedding"
        self.blocks = base._blocks if is_whole else base._blocks[: GRAM_BLOCKS[-1] + 1]
        self.head = base._conv_head if is_whole else nn.Identity()
        self.head_norm = base._bn1 if is_whole else nn.Identity()
        self.readout = nn.Linear(LENGTHS[description], heads)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch head"]:
        """The logits of preprocessed images."""
        return cast(Tensor, self.readout(self.described(images)[self.description]))

    def described(self, images: Float[Tensor, "batch 3 height width"]) -> dict[str, Float[Tensor, "batch feature"]]:
        """All descriptions that the network is deep enough for."""
        maps = self.activation(self.stem_norm(self.stem(images)))
        grams = []
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if number in GRAM_BLOCKS:
                grams.append(gram(maps))
        found = {"gram": torch.cat(grams, dim=1)}
        if self.description == "embedding":
            found["embedding"] = self.activation(self.head_norm(self.head(maps))).mean(dim=(2, 3))
        return found


def gram(maps: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch pair"]:
    """The upper triangle of the Gram matrix of the channels (Gatys et al. 2016, eq. 3): of each mean its root, with its sign."""
    flat = maps.flatten(2)
    products = flat @ flat.transpose(1, 2) / flat.shape[2]
    rows, columns = torch.triu_indices(flat.shape[1], flat.shape[1], device=flat.device)
    entries = products[:, rows, columns]
    return entries.sign() * entries.abs().sqrt()


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `description` and `classes`."""
    return DomainClassifier(description=model.spec["description"], heads=len(model.spec["classes"]))


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself; it is run once for each image."""
    return network, frozenset()
