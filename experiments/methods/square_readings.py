"""Reads a layer while a square slides over an image: everywhere, or coarse to fine. Called by `occlusion` and `blur`."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.recipes import Occlusion
from model_zoo.activations import batch_size, in_batches, layer_activations
from model_zoo.address import UnitAddress
from model_zoo.incremental.reading import LayerReader, Position
from model_zoo.loading import LoadedModel

Report: TypeAlias = Callable[[int, int, str], None]
Cell: TypeAlias = tuple[int, int]
"""Row and column of a position in the grid of all."""
COARSE = 8
"""Cells between the positions that are read first in coarse-to-fine mode, where a third of the square is not less."""
CANDIDATES = 3
"""How many of the least and of the greatest activations are looked around in coarse-to-fine mode."""
CHECKED = 64
"""Positions that are drawn at random in coarse-to-fine mode to see whether one beats the extremes."""


class Squares(Protocol):
    """What the squares hold."""

    def __call__(self, positions: Sequence[Position]) -> Float[Tensor, "position 3 patch patch"]:
        """One square for each position, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Sliding:
    """A square and what it slides over."""

    background: Float[Tensor, "3 side side"]
    """In [0, 1]; the image outside of the square."""
    squares: Squares
    patch: int
    """Side of the square in px."""
    stride: int

    @property
    def cells(self) -> int:
        """Positions along one side at which the square lies inside the image."""
        return (self.background.shape[-1] - self.patch) // self.stride + 1


@dataclass(frozen=True, kw_only=True)
class LayerSweep:
    """The activations of all channels of a layer for the positions of the square."""

    base: Float[np.ndarray, " channel"]
    """Of the whole image."""
    grids: Float[np.ndarray, "channel row column"]
    """NaN where it was not read."""
    why_whole: str
    """Why whole copies were computed; empty where only what the square can change was."""
    extremes_may_differ: bool | None
    """Whether a position drawn at random beat the extremes that coarse-to-fine mode had found; None where all were read."""


def layer_sweep(
    recipe: Occlusion, *, image: Float[Tensor, "3 side side"], sliding: Sliding, model: LoadedModel, report: Report
) -> LayerSweep:
    """Read all channels of the unit's layer, in coarse-to-fine mode at positions that suit the unit.

    Args:
        recipe: Says unit, aggregation, mode and seed.
        image: The whole image, in [0, 1]; read as the base.
        sliding: The square over its background, which blur makes another image.
        model: The unit's.
        report: Told the progress.

    Raises:
        InputError: An activation is no finite number.
    """
    unit = UnitAddress.parse(recipe.unit)
    base = layer_activations(model, unit, aggregation=recipe.aggregation, images=image[None])[0].cpu().numpy()
    reader = LayerReader(model, unit, aggregation=recipe.aggregation, image=sliding.background, side=sliding.patch)
    grids = np.full((len(base), sliding.cells, sliding.cells), np.nan, dtype=base.dtype)

    def read(cells: Sequence[Cell]) -> None:
        positions = [(row * sliding.stride, column * sliding.stride) for row, column in cells]
        rows, columns = np.array(cells).T
        doing = f"{recipe.kind} of {recipe.unit}"
        grids[:, rows, columns] = _readings(reader, positions, sliding=sliding, report=report, doing=doing).T

    if recipe.mode == "exact":
        read([(row, column) for row in range(sliding.cells) for column in range(sliding.cells)])
        differ = None
    else:
        spacing = min(COARSE, max(1, sliding.patch // (3 * sliding.stride)))
        differ = coarse_to_fine(grids[unit.channel], read=read, spacing=spacing, seed=recipe.seed)
    return LayerSweep(base=base, grids=grids, why_whole=reader.why_whole, extremes_may_differ=differ)


def coarse_to_fine(
    grid: Float[np.ndarray, "row column"], *, read: Callable[[Sequence[Cell]], None], spacing: int, seed: int
) -> bool:
    """Read a coarse grid, then ever closer around its extremes, then some positions at random; whether one of these beat them."""
    side = len(grid)
    coarse = sorted({*range(0, side, spacing), side - 1})
    read([(row, column) for row in coarse for column in coarse])
    while spacing := spacing // 2:
        near = [(row + down, column + right) for row, column in _extremes(grid) for down, right in _around(spacing)]
        unread = [cell for cell in dict.fromkeys(near) if max(cell) < side and min(cell) >= 0 and np.isnan(grid[cell])]
        if unread:
            read(unread)
    least, greatest = np.nanmin(grid), np.nanmax(grid)
    left = np.argwhere(np.isnan(grid))
    if not len(left):
        return False
    drawn = np.random.default_rng(seed).permutation(left)[:CHECKED]
    read([(int(row), int(column)) for row, column in drawn])
    return bool(np.nanmin(grid) < least or np.nanmax(grid) > greatest)


def _extremes(grid: Float[np.ndarray, "row column"]) -> list[Cell]:
    """The cells with the least and the greatest activations that were read."""
    order = np.argsort(grid, axis=None)
    order = order[: np.count_nonzero(~np.isnan(grid))]
    return [divmod(int(place), grid.shape[1]) for place in (*order[:CANDIDATES], *order[-CANDIDATES:])]


def _around(spacing: int) -> list[Cell]:
    steps = (-spacing, 0, spacing)
    return [(down, right) for down in steps for right in steps]


def _readings(
    reader: LayerReader, positions: Sequence[Position], *, sliding: Sliding, report: Report, doing: str
) -> Float[np.ndarray, "position channel"]:
    """The activations at these positions, in parts of some positions for each thread."""
    device = reader.model.device
    with _part_by_part(reader) as (pool, threads):
        # Regions are smaller than images: twice as many fit.
        length = 2 * batch_size(sliding.background.shape[-1], device=device)

        def read(start: int, stop: int) -> Float[Tensor, "position channel"]:
            some = positions[start:stop]
            return reader.read(sliding.squares(some), some)

        def read_part(part: slice) -> Float[np.ndarray, "position channel"]:
            report(part.start, len(positions), doing)
            each = -(-(part.stop - part.start) // threads)
            starts = range(part.start, part.stop, each)
            readings = pool.map(read, starts, [min(start + each, part.stop) for start in starts])
            return torch.cat(list(readings)).cpu().numpy()

        return np.concatenate(list(in_batches(len(positions), start=length * threads, run=read_part)))


@contextmanager
def _part_by_part(reader: LayerReader) -> Iterator[tuple[ThreadPoolExecutor, int]]:
    """Threads that each compute a part alone: on a CPU this scales better than many threads on each of many small operations.

    One thread where whole copies are read: their operations are large, and a network may keep what it sees in a forward pass.
    """
    threads = torch.get_num_threads()
    count = threads if reader.model.device == "cpu" and not reader.why_whole else 1
    torch.set_num_threads(threads // count)
    try:
        with ThreadPoolExecutor(count) as pool:
            yield pool, count
    finally:
        torch.set_num_threads(threads)
