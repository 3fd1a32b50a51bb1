"""Magnitude-constrained images (MACO, Fel et al. 2023, arXiv 2306.06805): natural magnitudes, only phases are optimized.

Unlike the published code, which brings a spectrum of ImageNet, the magnitudes are those of the recipe's own pool, and they
are taken after the logit, so that natural phases give natural images without any standardization.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.exemplars import as_tensor
from experiments.methods.feature_visualization.colors import from_rgb, to_rgb
from experiments.methods.pool_listing import ListedPool

SPECTRUM_IMAGES = 256
"""The mean changes little beyond so many images."""


class MacoImages:
    """A batch of square RGB images of fixed Fourier magnitudes, optimized through their phases."""

    def __init__(self, *, magnitudes: Float[Tensor, "3 side half"], streams: Sequence[torch.Generator], device: str) -> None:
        self.side = magnitudes.shape[1]
        self.magnitudes = magnitudes.to(device)
        noise = torch.stack([torch.randn(3, self.side, self.side, generator=stream) for stream in streams])
        # Phases of a real image: those of its conjugate frequencies are opposite, and gradients keep them so.
        self.start = torch.fft.rfft2(noise).angle().to(device)
        self.parameter = self.start.clone().requires_grad_()
        # Frequencies that are their own conjugates are real; Adam would make steps even of the rounding of their gradients.
        own = [0, self.side // 2] if self.side % 2 == 0 else [0]
        self.is_real = torch.zeros(self.magnitudes.shape[1:], dtype=torch.bool, device=device)
        self.is_real[torch.tensor(own)[:, None], torch.tensor(own)] = True

    def __call__(self) -> Float[Tensor, "batch 3 side side"]:
        """The images, in [0, 1]."""
        return to_rgb(self.plain())

    def plain(self) -> Float[Tensor, "batch 3 side side"]:
        """The images in decorrelated colors."""
        phases = torch.where(self.is_real, self.start, self.parameter)
        coefficients = torch.polar(self.magnitudes.expand_as(phases), phases)
        plain: Tensor = torch.fft.irfft2(coefficients, s=(self.side, self.side), norm="ortho")
        return plain


def natural_magnitudes(pool: ListedPool, *, side: int) -> Float[Tensor, "3 side half"]:
    """The mean magnitudes of the spectra of up to 256 images, spread evenly over a pool, in decorrelated colors."""
    places = np.linspace(0, len(pool) - 1, min(len(pool), SPECTRUM_IMAGES)).round().astype(int)
    total, read = torch.zeros(3, side, side // 2 + 1), 0
    for image in pool.images(places.tolist(), side=side):
        pixels = as_tensor(image.pixels[None], device="cpu")
        total += torch.fft.rfft2(from_rgb(pixels)[0], norm="ortho").abs()
        read += 1
    return total / read
