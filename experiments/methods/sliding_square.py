"""The images and numbers of a unit's sweep: a square slides over an image, and what hurts the unit most and least is shown.

Shared by occlusion and blur.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Occlusion
from experiments.methods.exemplars import as_pixels, as_tensor, png_file
from experiments.methods.shown_image import image_of
from experiments.methods.square_readings import Report, Sliding, layer_sweep
from model_zoo.address import UnitAddress
from model_zoo.incremental.reading import Position
from model_zoo.loading import LoadedModel, load


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The activations for all positions of the square."""

    base: float
    """Activation of the whole image."""
    grid: Float[np.ndarray, "row column"]
    """NaN where it was not read, which happens in coarse-to-fine mode."""
    stride: int
    patch: int
    """Side of the square in px; a position is that of its upper left corner."""
    why_whole: str
    extremes_may_differ: bool | None
    """Both as in `LayerSweep`."""

    def position(self, row: int, column: int) -> Position:
        """Top and left of the square in px."""
        return row * self.stride, column * self.stride

    def extreme(self, name: str) -> tuple[int, int]:
        """Row and column where the activation is least (`min`) or greatest (`max`); the first of equals."""
        flat = np.nanargmin(self.grid) if name == "min" else np.nanargmax(self.grid)
        row, column = divmod(int(flat), self.grid.shape[1])
        return row, column


class Swept(Protocol):
    """The sweep of a recipe: its `occlusion.sweep` or `blur.sweep`."""

    def __call__(self, *, image: Float[Tensor, "3 side side"], model: LoadedModel, report: Report) -> Sweep:
        """Read the unit at every position."""


class Shown(Protocol):
    """How a recipe alters the image that is shown: its `occlusion.cover` or `blur.reveal`."""

    def __call__(self, pixels: UInt8[np.ndarray, "side side 3"], *, position: Position) -> UInt8[np.ndarray, "side side 3"]:
        """The image with the square at `position`."""


def patch_side(recipe: Occlusion) -> int:
    """Side of the square in px, as the network sees it."""
    return round(recipe.patch * recipe.size)


def unit_sweep(
    recipe: Occlusion, *, image: Float[Tensor, "3 side side"], sliding: Sliding, model: LoadedModel, report: Report
) -> Sweep:
    """Read the unit at the positions of the square; see `layer_sweep`."""
    layer = layer_sweep(recipe, image=image, sliding=sliding, model=model, report=report)
    channel = UnitAddress.parse(recipe.unit).channel
    return Sweep(
        base=float(layer.base[channel]),
        grid=layer.grids[channel],
        stride=sliding.stride,
        patch=sliding.patch,
        why_whole=layer.why_whole,
        extremes_may_differ=layer.extremes_may_differ,
    )


def shown_scale(recipe: Occlusion) -> float:
    """How many times as large the image is shown as the network sees it."""
    return recipe.shown_size / recipe.size


def make_swept(recipe: Occlusion, workshop: Workshop, *, sweep: Swept, shown: Shown) -> Product:
    """Sweep over a given image or one of the unit's exemplars, and keep the two most telling positions."""
    given = image_of(recipe, workshop)
    seen, whole = given.seen, given.shown
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    swept = sweep(image=as_tensor(seen.pixels[None], device=workshop.device)[0], model=model, report=workshop.report)
    about = {"source": whole.source, "box": whole.box}
    files = [
        png_file("base", whole.pixels, about={"activation": swept.base, **about}),
        png_file("map", _heat_map(swept.grid, side=recipe.shown_size), about={}),
    ]
    values = _values(swept)
    for name in ("min", "max"):
        row, column = swept.extreme(name)
        activation, position = float(swept.grid[row, column]), swept.position(row, column)
        pixels = shown(whole.pixels, position=position)
        files.append(png_file(name, pixels, about={"activation": activation, "position": position, **about}))
        values |= {name: activation, f"{name}_position": position}
    values |= {"weights_sha256": model.card.weights.sha256, **given.values}
    return Product(new_files=files, values=values, parents=given.parents)


def _values(swept: Sweep) -> dict[str, object]:
    read = ~np.isnan(swept.grid)
    values: dict[str, object] = {
        "base": swept.base,
        "grid": [[None if np.isnan(value) else value for value in row] for row in swept.grid.tolist()],
        "patch": swept.patch,
        "stride": swept.stride,
        "positions": swept.grid.size,
        "positions_read": int(read.sum()),
        "inference": "whole" if swept.why_whole else "incremental",
        # A unit that the whole image does not activate has nothing to lose.
        "dead": swept.base == 0,
    }
    if swept.why_whole:
        values["why_whole"] = swept.why_whole
    if swept.extremes_may_differ is not None:
        values |= {"approximate": True, "extremes_may_differ": swept.extremes_may_differ}
    return values


def square(position: Position, *, patch: int, scale: float) -> tuple[slice, slice]:
    """Rows and columns of the square in an image that is shown `scale` times as large as the network sees it."""
    top, left = (round(start * scale) for start in position)
    bottom, right = (round((start + patch) * scale) for start in position)
    return slice(top, bottom), slice(left, right)


def _heat_map(grid: Float[np.ndarray, "row column"], *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The activations as gray values, black where least and white where greatest; cells that were not read, as the nearest."""
    nearest = ndimage.distance_transform_edt(np.isnan(grid), return_distances=False, return_indices=True)
    grid = grid[tuple(nearest)]
    span = float(grid.max() - grid.min()) or 1.0
    cells = torch.from_numpy((grid - grid.min()) / span)[None, None].expand(1, 3, -1, -1)
    pixels: UInt8[np.ndarray, "side side 3"] = as_pixels(functional.interpolate(cells, size=(side, side)), side=side)[0]
    return pixels
