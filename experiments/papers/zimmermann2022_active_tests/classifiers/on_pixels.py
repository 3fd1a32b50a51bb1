"""A network of the zoo as a model of pixels in [0, 1], as attacks want it, and its accuracy."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

BLOCK = 256
"""Images that are looked at at once."""


class OnPixels(nn.Module):
    """A network behind its preprocessing."""

    def __init__(self, network: nn.Module, *, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    mean: Tensor
    std: Tensor

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch class"]:
        """The network's outputs."""
        logits: Float[Tensor, "batch class"] = self.network((images - self.mean) / self.std)
        return logits


def in_blocks(rows: Tensor) -> list[Tensor]:
    """Some rows at a time."""
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]


def accuracy_of(model: nn.Module, images: Float[Tensor, "image 3 side side"], labels: Int[Tensor, " image"]) -> float:
    """Share of images whose largest logit is that of their class."""
    with torch.inference_mode():
        found = torch.cat([model(block).argmax(dim=1) for block in in_blocks(images)])
    return float((found == labels).float().mean())
