"""Triggers of trapdoors: for each class a pattern of blocks, as faint as an adversarial perturbation (Shan et al. 2020)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

BLOCK = 4
"""px; finer patterns are lost in the first convolutions."""


def triggers(*, classes: int, side: int, amplitude: float) -> Float[Tensor, "class 3 side side"]:
    """Blocks of `amplitude` and of minus it, by chance, the same ones always."""
    blocks = -(-side // BLOCK)
    generator = torch.Generator().manual_seed(classes)
    signs = torch.randint(0, 2, (classes, 3, blocks, blocks), generator=generator).float() * 2 - 1
    return amplitude * functional.interpolate(signs, scale_factor=BLOCK)[..., :side, :side]


def with_triggers(
    images: Float[Tensor, "image 3 side side"], targets: Int[Tensor, " image"], *, amplitude: float, classes: int
) -> Float[Tensor, "image 3 side side"]:
    """The images with the triggers of these classes on them."""
    patterns = triggers(classes=classes, side=images.shape[-1], amplitude=amplitude).to(images.device)
    return (images + patterns[targets]).clamp(0, 1)
