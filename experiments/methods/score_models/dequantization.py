"""Images with levels as densities want them: uniform noise within each level, in [-1, 1]; and bits per dimension.

A density of images that have levels is unbounded: without the noise bits per dimension may come out below 0. So the functions
that take densities refuse images that still have their levels.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.contract.fields import require

FEW = 16
"""Pixels from which on equal ones give away that an image has levels."""
NEAR = 1e-3
"""Of the distance between two levels: what is nearer to one lies on it."""
REMEDY = "Give the result of dequantized(counts, levels=…, generator=…)"


def dequantized(counts: Int[Tensor, "batch ..."], *, levels: int, generator: torch.Generator) -> Float[Tensor, "batch ..."]:
    """Points in [-1, 1] drawn uniformly from the level of each pixel; `counts` are whole numbers from 0 to levels - 1.

    Raises:
        InputError: Counts are not whole numbers in that range.
    """
    remedy = f"Give whole numbers from 0 to {levels - 1}, such as quantized(images, levels={levels})"
    require(not (counts.is_floating_point() or counts.is_complex()), "images", "they are not whole numbers", remedy)
    fits = counts.numel() == 0 or (int(counts.min()) >= 0 and int(counts.max()) < levels)
    require(fits, "images", f"they have other levels than {levels}", remedy)
    noise = torch.rand(counts.shape, generator=generator, device=counts.device)
    return within_levels(counts / (levels - 1), noise=noise, levels=levels)


def within_levels(
    images: Float[Tensor, "batch ..."], *, noise: Float[Tensor, "*broadcast"], levels: int
) -> Float[Tensor, "batch ..."]:
    """Images in [0, 1] moved up by a share `noise`, in [0, 1), of a level: differentiable, for images between the levels, too.

    Of images whose colors are those of the levels it is `dequantized` with this noise.
    """
    return (images * (levels - 1) + noise) * (2 / levels) - 1


def quantized(images: Float[Tensor, "batch ..."], *, levels: int) -> Int[Tensor, "batch ..."]:
    """The nearest level of each pixel of images in [0, 1], counted from 0."""
    return (images * (levels - 1)).round().long()


def bits_per_dimension(log_densities: Float[Tensor, "*any"], *, dimensions: int, levels: int) -> Float[Tensor, "*any"]:
    """What it takes to code a pixel, from nats of points in [-1, 1]; log2(levels) for a density that is uniform."""
    return math.log2(levels / 2) - log_densities / (dimensions * math.log(2))


def require_dequantized(points: Tensor, *, levels: int | None = None) -> None:
    """Refuse images that still have their levels.

    Told by their type; by values on the levels, if their number is given; and by equal values, where more than half of the pixels
    of an image share theirs: that finds images with few levels or plain areas, not small ones of 256 levels.

    Raises:
        InputError: They have.
    """
    if not points.is_floating_point():
        raise InputError(field="images", message="they are whole numbers, which have no density", remedy=REMEDY)
    flat = points.detach().flatten(1)
    if flat.shape[1] < FEW or len(flat) == 0:
        return
    ordered = flat.sort(dim=1).values
    equal = (ordered[:, 1:] == ordered[:, :-1]).sum(1).max()
    on_levels = 0 if levels is None else int(_on_levels(flat, levels=levels).max())
    if max(int(equal), on_levels) > flat.shape[1] / 2:
        raise InputError(field="images", message="they have levels, so that their density has no bound", remedy=REMEDY)


def _on_levels(points: Float[Tensor, "batch pixel"], *, levels: int) -> Int[Tensor, " batch"]:
    """How many pixels lie on the colors of levels, on the lower ends of levels, or on their middles, whichever are more."""
    share = (points + 1) / 2
    grids = (share * (levels - 1), share * levels, share * levels - 0.5)
    return torch.stack([((grid - grid.round()).abs() < NEAR).sum(1) for grid in grids]).amax(dim=0)
