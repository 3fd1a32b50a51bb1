"""Images as decorrelated spectra: the parametrization of Lucid and lucent, in which gradient ascent gives smooth images."""

import torch
from jaxtyping import Float
from torch import Tensor

SPECTRUM_SD = 0.01
CONTRAST = 0.25
"""Lucid divides by 4, which keeps colors from saturating."""
COLOR_CORRELATION = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
"""Square root of the covariance of RGB values in ImageNet."""


class FourierImages:
    """A batch of square RGB images, optimized through their scaled Fourier coefficients."""

    def __init__(self, *, batch: int, side: int, generator: torch.Generator, device: str) -> None:
        vertical = torch.fft.fftfreq(side)[:, None]
        horizontal = torch.fft.rfftfreq(side)[None, :]
        frequency = torch.hypot(vertical, horizontal)
        self.side = side
        self.scale = (CONTRAST / frequency.clamp(min=1 / side))[..., None].to(device)
        noise = torch.randn(batch, 3, side, side // 2 + 1, 2, generator=generator)
        self.spectrum = (noise * SPECTRUM_SD).to(device).requires_grad_()
        self.mixing = (COLOR_CORRELATION / COLOR_CORRELATION.norm(dim=0).max()).to(device)

    def __call__(self) -> Float[Tensor, "batch 3 side side"]:
        """The images, in [0, 1]."""
        coefficients = torch.view_as_complex(self.spectrum * self.scale)
        plain = torch.fft.irfft2(coefficients, s=(self.side, self.side), norm="ortho")
        return torch.sigmoid(torch.einsum("rc,bchw->brhw", self.mixing, plain))
