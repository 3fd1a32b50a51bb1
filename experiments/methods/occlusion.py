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
from experiments.methods.sliding_square import Sweep, make_swept, patch_side, shown_scale, square, unit_sweep
from experiments.methods.square_readings import Report, Sliding
from model_zoo.incremental.reading import Position
from model_zoo.loading import LoadedModel

GRAY = 0.5


def make(recipe: Occlusion, workshop: Workshop) -> Product:
    """Occlude a given image or one of the unit's exemplars; see `make_swept`."""
    shown = partial(cover, patch=patch_side(recipe), scale=shown_scale(recipe), fill=recipe.fill)
    return make_swept(recipe, workshop, sweep=partial(sweep, recipe), shown=shown)


def sweep(recipe: Occlusion, *, image: Float[Tensor, "3 side side"], model: LoadedModel, report: Report) -> Sweep:
    """Read the unit at the positions of the square at which it lies inside the image."""
    return unit_sweep(recipe, image=image, sliding=sliding(recipe, image=image), model=model, report=report)


def sliding(recipe: Occlusion, *, image: Float[Tensor, "3 side side"]) -> Sliding:
    """The square of one color over the image; `layer_sweep` takes it for all channels of the unit's layer."""
    patch = patch_side(recipe)
    fills = patch_fills(image, patch=patch, stride=recipe.stride, fill=recipe.fill)

    def squares(positions: Sequence[Position]) -> Float[Tensor, "position 3 patch patch"]:
        rows, columns = ([start // recipe.stride for start in starts] for starts in zip(*positions, strict=True))
        return fills[rows, columns][:, :, None, None].expand(-1, -1, patch, patch)

    return Sliding(background=image, squares=squares, patch=patch, stride=recipe.stride)


def patch_fills(image: Float[Tensor, "3 side side"], *, patch: int, stride: int, fill: str) -> Float[Tensor, "row column 3"]:
    """The color of the square at each position: the mean of what it covers, or gray."""
    means = functional.avg_pool2d(image[None], patch, stride=stride)[0].permute(1, 2, 0)
    return means if fill == "patch_mean" else torch.full_like(means, GRAY)


def cover(
    pixels: UInt8[np.ndarray, "side side 3"], *, position: Position, patch: int, scale: float, fill: str
) -> UInt8[np.ndarray, "side side 3"]:
    """The image as it is shown, with the square at the same place although it may be larger than the network saw it."""
    covered = pixels.copy()
    covered_part = covered[square(position, patch=patch, scale=scale)]
    covered_part[:] = covered_part.mean(axis=(0, 1)).round() if fill == "patch_mean" else round(GRAY * 255)
    return covered
