"""What a network wants done to an image before its first layer; explicit, never guessed from a class name."""

import torch
from jaxtyping import Float
from torch import Tensor


class Preprocess:
    """Normalization of RGB images in [0, 1], of any size; resizing is the caller's."""

    def __init__(self, *, mean: tuple[float, float, float], std: tuple[float, float, float], device: str) -> None:
        self.mean = torch.tensor(mean, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(std, device=device).view(1, 3, 1, 1)

    def __call__(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """The images as the network wants them, in the memory layout in which convolutions are fastest."""
        return ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
