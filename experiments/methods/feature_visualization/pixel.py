"""Images as decorrelated pixels: the plainest parametrization, whose gradient ascent favors high frequencies."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.feature_visualization.colors import to_rgb

PIXEL_SD = 0.01


class PixelImages:
    """A batch of square RGB images, optimized pixel by pixel as in lucent."""

    def __init__(self, *, side: int, streams: Sequence[torch.Generator], device: str) -> None:
        noise = torch.stack([torch.randn(3, side, side, generator=stream) for stream in streams])
        self.parameter = (noise * PIXEL_SD).to(device).requires_grad_()

    def __call__(self) -> Float[Tensor, "batch 3 side side"]:
        """The images, in [0, 1]."""
        return to_rgb(self.parameter)
