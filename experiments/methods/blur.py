"""Blur: everything but a square that slides over the image is blurred (references of Zimmermann et al. 2021)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Blur
from experiments.methods.exemplars import as_pixels, as_tensor
from experiments.methods.sliding_square import Sweep, make_swept, patch_side, shown_scale, square, unit_sweep
from experiments.methods.square_readings import Report, Sliding
from model_zoo.incremental.reading import Position
from model_zoo.loading import LoadedModel

SIDE = 224
"""Side in px of the image that `sigma` is given for."""
REACH = 10 / 3.5
"""The kernel ends at so many standard deviations: 10 px of the published 21 px kernel, whose automatic sigma is 3.5 px."""


def make(recipe: Blur, workshop: Workshop) -> Product:
    """Blur a given image or one of the unit's exemplars; see `make_swept`."""
    shown = partial(reveal, patch=patch_side(recipe), scale=shown_scale(recipe), sigma=recipe.sigma)
    return make_swept(recipe, workshop, sweep=partial(sweep, recipe), shown=shown)


def sweep(recipe: Blur, *, image: Float[Tensor, "3 side side"], model: LoadedModel, report: Report) -> Sweep:
    """Read the unit at the positions of the sharp square at which it lies inside the image."""
    return unit_sweep(recipe, image=image, sliding=sliding(recipe, image=image), model=model, report=report)


def sliding(recipe: Blur, *, image: Float[Tensor, "3 side side"]) -> Sliding:
    """The sharp square over the blurred image; `layer_sweep` takes it for all channels of the unit's layer."""
    patch = patch_side(recipe)

    def squares(positions: Sequence[Position]) -> Float[Tensor, "position 3 patch patch"]:
        return torch.stack([image[:, top : top + patch, left : left + patch] for top, left in positions])

    return Sliding(background=blurred(image, sigma=recipe.sigma), squares=squares, patch=patch, stride=recipe.stride)


def blurred(image: Float[Tensor, "3 side side"], *, sigma: float) -> Float[Tensor, "3 side side"]:
    """The image through a Gaussian of standard deviation `sigma` (px at 224 px), reflected at its borders as in OpenCV."""
    width = sigma * image.shape[-1] / SIDE
    reach = max(1, round(REACH * width))
    kernel = torch.exp(-(torch.arange(-reach, reach + 1, device=image.device) ** 2) / (2 * width**2))
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    padded = functional.pad(image[:, None], (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, kernel)
    return functional.conv2d(rows, kernel.transpose(2, 3))[:, 0]


def reveal(
    pixels: UInt8[np.ndarray, "side side 3"], *, position: Position, patch: int, scale: float, sigma: float
) -> UInt8[np.ndarray, "side side 3"]:
    """The image as it is shown, blurred but for the square."""
    background = blurred(as_tensor(pixels[None], device="cpu")[0], sigma=sigma)
    shown: UInt8[np.ndarray, "side side 3"] = as_pixels(background[None], side=len(pixels))[0]
    window = square(position, patch=patch, scale=scale)
    shown[window] = pixels[window]
    return shown
