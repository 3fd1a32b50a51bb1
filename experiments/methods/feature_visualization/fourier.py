"""Images as decorrelated spectra: the parametrization of Lucid and lucent, in which gradient ascent gives smooth images."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.feature_visualization.colors import to_rgb

SPECTRUM_SD = 0.01
CONTRAST = 0.25
"""Lucid divides by 4, which keeps colors from saturating."""


class FourierImages:
    """A batch of square RGB images, optimized through their scaled Fourier coefficients."""

    def __init__(self, *, side: int, streams: Sequence[torch.Generator], device: str) -> None:
        vertical = torch.fft.fftfreq(side)[:, None]
        horizontal = torch.fft.rfftfreq(side)[None, :]
        frequency = torch.hypot(vertical, horizontal)
        self.side = side
        self.scale = (CONTRAST / frequency.clamp(min=1 / side))[..., None].to(device)
        noise = torch.stack([torch.randn(3, side, side // 2 + 1, 2, generator=stream) for stream in streams])
        self.parameter = (noise * SPECTRUM_SD).to(device).requires_grad_()

    def __call__(self) -> Float[Tensor, "batch 3 side side"]:
        """The images, in [0, 1]."""
        coefficients = torch.view_as_complex(self.parameter * self.scale)
        return to_rgb(torch.fft.irfft2(coefficients, s=(self.side, self.side), norm="ortho"))
