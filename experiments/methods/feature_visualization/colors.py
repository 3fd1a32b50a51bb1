"""The color space in which images are optimized: Lucid's, whose axes are nearly uncorrelated in natural images."""

import torch
from jaxtyping import Float
from torch import Tensor

COLOR_CORRELATION = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
"""Square root of the covariance of RGB values in ImageNet (Olah et al. 2017; the numbers are those of Lucid and lucent)."""
MIXING = COLOR_CORRELATION / COLOR_CORRELATION.norm(dim=0).max()
DARKEST = 0.02
"""How near to black and white a natural image counts, so that its logit is finite."""


def to_rgb(plain: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """Decorrelated colors as RGB in [0, 1]."""
    return torch.sigmoid(torch.einsum("rc,bchw->brhw", MIXING.to(plain.device), plain))


def from_rgb(images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """The inverse of `to_rgb`."""
    inverse = torch.linalg.inv(MIXING).to(images.device)
    return torch.einsum("cr,brhw->bchw", inverse, torch.logit(images, eps=DARKEST))
