"""Occlusion: a square slides over an image, and at every position the unit's activation is read (Zeiler and Fergus 2014)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Occlusion
from experiments.datasets.images import cut_square, read_image
from experiments.datasets.pool import PoolImage, open_pool
from experiments.datasets.sources import frame_largest
from experiments.methods.exemplars import as_pixels, as_tensor, png_file
from experiments.methods.natural import choose, natural_activations
from model_zoo.activations import batch_size, unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

GRAY = 0.5


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The activations for all positions of the square."""

    base: float
    """Activation of the whole image."""
    grid: Float[np.ndarray, "row column"]
    stride: int
    patch: int
    """Side of the square in px; a position is that of its upper left corner."""

    def position(self, row: int, column: int) -> tuple[int, int]:
        """Top and left of the square in px."""
        return row * self.stride, column * self.stride

    def extreme(self, name: str) -> tuple[int, int]:
        """Row and column where the activation is least (`min`) or greatest (`max`); the first of equals."""
        flat = self.grid.argmin() if name == "min" else self.grid.argmax()
        row, column = divmod(int(flat), self.grid.shape[1])
        return row, column


def make(recipe: Occlusion, workshop: Workshop) -> Product:
    """Occlude a given image or one of the unit's exemplars, and keep the two most telling positions."""
    seen, shown, parents = _images(recipe, workshop)
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    swept = sweep(recipe, image=as_tensor(seen.pixels[None], device=workshop.device)[0], model=model, report=workshop.report)
    about = {"source": shown.source, "box": shown.box}
    files = [
        png_file("base", shown.pixels, about={"activation": swept.base, **about}),
        png_file("map", _heat_map(swept.grid, side=recipe.shown_size), about={}),
    ]
    values: dict[str, object] = {"base": swept.base, "grid": swept.grid.tolist(), "patch": swept.patch, "stride": swept.stride}
    for name in ("min", "max"):
        row, column = swept.extreme(name)
        activation, position = float(swept.grid[row, column]), swept.position(row, column)
        pixels = cover(
            shown.pixels, position=position, patch=swept.patch, scale=recipe.shown_size / recipe.size, fill=recipe.fill
        )
        files.append(png_file(name, pixels, about={"activation": activation, "position": position, **about}))
        values |= {name: activation, f"{name}_position": position}
    values["weights_sha256"] = model.card.weights.sha256
    return Product(new_files=files, values=values, parents=parents)


def sweep(
    recipe: Occlusion,
    *,
    image: Float[Tensor, "3 side side"],
    model: LoadedModel,
    report: Callable[[int, int, str], None],
) -> Sweep:
    """Read the unit at every position of the square at which it lies inside the image."""
    unit, patch = UnitAddress.parse(recipe.unit), round(recipe.patch * recipe.size)
    fills = patch_fills(image, patch=patch, stride=recipe.stride, fill=recipe.fill)
    rows, columns, _ = fills.shape
    positions = [(row * recipe.stride, column * recipe.stride) for row in range(rows) for column in range(columns)]
    readings, batch = [], batch_size(recipe.size, device=model.device)
    with torch.inference_mode():
        base = unit_activations(model, unit, aggregation=recipe.aggregation, images=image[None]).item()
        for start in range(0, len(positions), batch):
            report(start, len(positions), f"occlusion of {recipe.unit}")
            chunk = slice(start, start + batch)
            covered = occluded(image, positions=positions[chunk], fills=fills.flatten(0, 1)[chunk], patch=patch)
            readings.append(unit_activations(model, unit, aggregation=recipe.aggregation, images=covered))
    grid = torch.cat(readings).view(rows, columns).cpu().numpy()
    return Sweep(base=base, grid=grid, stride=recipe.stride, patch=patch)


def patch_fills(image: Float[Tensor, "3 side side"], *, patch: int, stride: int, fill: str) -> Float[Tensor, "row column 3"]:
    """The color of the square at each position: the mean of what it covers, or gray."""
    means = functional.avg_pool2d(image[None], patch, stride=stride)[0].permute(1, 2, 0)
    return means if fill == "patch_mean" else torch.full_like(means, GRAY)


def occluded(
    image: Float[Tensor, "3 side side"], *, positions: list[tuple[int, int]], fills: Float[Tensor, "position 3"], patch: int
) -> Float[Tensor, "position 3 side side"]:
    """Copies of the image, each with a square of one color at its position."""
    copies = image.expand(len(positions), -1, -1, -1).contiguous(memory_format=torch.channels_last).clone()
    for copy, (top, left), fill in zip(copies, positions, fills, strict=True):
        copy[:, top : top + patch, left : left + patch] = fill[:, None, None]
    return copies


def cover(
    pixels: UInt8[np.ndarray, "side side 3"], *, position: tuple[int, int], patch: int, scale: float, fill: str
) -> UInt8[np.ndarray, "side side 3"]:
    """The image as it is shown, with the square at the same place although it may be larger than the network saw it."""
    top, left = (round(start * scale) for start in position)
    bottom, right = (round((start + patch) * scale) for start in position)
    covered = pixels.copy()
    square = covered[top:bottom, left:right]
    square[:] = square.mean(axis=(0, 1)).round() if fill == "patch_mean" else round(GRAY * 255)
    return covered


def _images(recipe: Occlusion, workshop: Workshop) -> tuple[PoolImage, PoolImage, list[str]]:
    """The image to occlude, as the network sees it and as it is shown, and the digests that it comes from."""
    if recipe.image:
        image = read_image(Path(recipe.image), field="image")
        framing = frame_largest(image.size)
        seen, shown = (
            PoolImage(source=recipe.image, box=framing.box, pixels=cut_square(image, framing.box, side=side, gray=framing.gray))
            for side in (recipe.size, recipe.shown_size)
        )
        return seen, shown, []
    natural = natural_activations(recipe, workshop)
    chosen = choose(natural, counts={"max": recipe.rank + 1})["max"][recipe.rank]
    pool = open_pool(recipe.pool, size=recipe.pool_size, seed=recipe.seed)
    return pool.read(chosen, side=recipe.size), pool.read(chosen, side=recipe.shown_size), [natural.digest]


def _heat_map(grid: Float[np.ndarray, "row column"], *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The activations as gray values, black where least and white where greatest, one cell a position."""
    span = float(grid.max() - grid.min()) or 1.0
    cells = torch.from_numpy((grid - grid.min()) / span)[None, None].expand(1, 3, -1, -1)
    pixels: UInt8[np.ndarray, "side side 3"] = as_pixels(functional.interpolate(cells, size=(side, side)), side=side)[0]
    return pixels
