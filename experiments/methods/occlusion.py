"""Occlusion: a square of one color slides over an image (Zeiler and Fergus 2014; colors as in Zimmermann et al. 2021)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Occlusion
from experiments.methods.sliding_square import (
    Position,
    Report,
    Sweep,
    make_swept,
    patch_side,
    read_positions,
    shown_scale,
    square,
)
from model_zoo.loading import LoadedModel

GRAY = 0.5


def make(recipe: Occlusion, workshop: Workshop) -> Product:
    """Occlude a given image or one of the unit's exemplars; see `make_swept`."""
    shown = partial(cover, patch=patch_side(recipe), scale=shown_scale(recipe), fill=recipe.fill)
    return make_swept(recipe, workshop, sweep=partial(sweep, recipe), shown=shown)


def sweep(recipe: Occlusion, *, image: Float[Tensor, "3 side side"], model: LoadedModel, report: Report) -> Sweep:
    """Read the unit at every position of the square at which it lies inside the image."""
    patch = patch_side(recipe)
    fills = patch_fills(image, patch=patch, stride=recipe.stride, fill=recipe.fill)

    def covered(positions: Sequence[Position]) -> Float[Tensor, "position 3 side side"]:
        rows, columns = ([start // recipe.stride for start in starts] for starts in zip(*positions, strict=True))
        return occluded(image, positions=positions, fills=fills[rows, columns], patch=patch)

    return read_positions(recipe, image=image, altered=covered, model=model, report=report)


def patch_fills(image: Float[Tensor, "3 side side"], *, patch: int, stride: int, fill: str) -> Float[Tensor, "row column 3"]:
    """The color of the square at each position: the mean of what it covers, or gray."""
    means = functional.avg_pool2d(image[None], patch, stride=stride)[0].permute(1, 2, 0)
    return means if fill == "patch_mean" else torch.full_like(means, GRAY)


def occluded(
    image: Float[Tensor, "3 side side"], *, positions: Sequence[Position], fills: Float[Tensor, "position 3"], patch: int
) -> Float[Tensor, "position 3 side side"]:
    """Copies of the image, each with a square of one color at its position."""
    copies = image.expand(len(positions), -1, -1, -1).contiguous(memory_format=torch.channels_last).clone()
    for copy, (top, left), fill in zip(copies, positions, fills, strict=True):
        copy[:, top : top + patch, left : left + patch] = fill[:, None, None]
    return copies


def cover(
    pixels: UInt8[np.ndarray, "side side 3"], *, position: Position, patch: int, scale: float, fill: str
) -> UInt8[np.ndarray, "side side 3"]:
    """The image as it is shown, with the square at the same place although it may be larger than the network saw it."""
    covered = pixels.copy()
    covered_part = covered[square(position, patch=patch, scale=scale)]
    covered_part[:] = covered_part.mean(axis=(0, 1)).round() if fill == "patch_mean" else round(GRAY * 255)
    return covered
