"""The part of a map that is computed anew, and how it is put together with the map of the unchanged image."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from model_zoo.incremental.spans import Span, Window


@dataclass(frozen=True, kw_only=True)
class Region:
    """What is computed of a map: for each position a rectangle, all of one size."""

    values: Float[Tensor, "position channel row column"]
    rows: Span
    columns: Span


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Cells along one axis: for each position `size` of them from `start` on; those outside of the map are its padding."""

    start: Int[np.ndarray, " position"]
    size: int

    @classmethod
    def of(cls, span: Span) -> "Cells":
        """The computed ones."""
        return cls(start=span.start, size=span.size)

    @classmethod
    def seen(cls, span: Span, window: Window) -> "Cells":
        """Those of the input that an operation with this window reads for the computed ones of its output."""
        size = (span.size - 1) * window.stride + (window.kernel - 1) * window.dilation + 1
        return cls(start=span.start * window.stride - window.padding, size=size)

    def indices(self) -> Int[np.ndarray, "position cell"]:
        """Their places in the map."""
        return self.start[:, None] + np.arange(self.size)


def pasted(region: Region, *, base: Float[Tensor, "1 channel height width"]) -> Float[Tensor, "position channel height width"]:
    """The whole maps: the base with the region of each position pasted in."""
    count, height, width = len(region.values), *base.shape[2:]
    rows, columns = (Cells(start=np.zeros(count, dtype=np.int64), size=length) for length in (height, width))
    return cut(region, base=base, rows=rows, columns=columns, fill=0.0)


def cut(
    region: Region, *, base: Float[Tensor, "1 channel height width"], rows: Cells, columns: Cells, fill: float
) -> Float[Tensor, "position channel row column"]:
    """Any rectangles of the whole maps, without making those; `fill` stands where a rectangle leaves the map."""
    _, channels, height, width = base.shape
    count, _, region_height, region_width = region.values.shape
    at_row, at_column = rows.indices(), columns.indices()
    in_row, in_column = at_row - region.rows.start[:, None], at_column - region.columns.start[:, None]
    # Places in a table of cells: those of the base, then the fill, then those of the regions.
    of_base = _outer(at_row * width, at_column)
    first = height * width + 1 + region_height * region_width * np.arange(count)
    of_region = _outer(first[:, None] + in_row * region_width, in_column)
    inside = _both((at_row >= 0) & (at_row < height), (at_column >= 0) & (at_column < width))
    anew = _both((in_row >= 0) & (in_row < region_height), (in_column >= 0) & (in_column < region_width))
    places = np.where(anew, of_region, np.where(inside, of_base, height * width))
    filling = base.new_full((1, channels), fill)
    table = torch.cat([_cells(base), filling, _cells(region.values)])
    chosen = table.index_select(0, torch.from_numpy(places.ravel()).to(base.device))
    return chosen.view(count, rows.size, columns.size, channels).permute(0, 3, 1, 2)


def _cells(maps: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "cell channel"]:
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _outer(rows: Int[np.ndarray, "position row"], columns: Int[np.ndarray, "position column"]) -> Int[np.ndarray, "..."]:
    return rows[:, :, None] + columns[:, None, :]


def _both(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    both: np.ndarray = rows[:, :, None] & columns[:, None, :]
    return both


def cut_sums(base: Float[Tensor, "1 channel height width"], *, rows: Cells, columns: Cells) -> Float[Tensor, "position channel"]:
    """The sums of the base over rectangles inside of it, by its integral image."""
    integral = functional.pad(base[0].double().cumsum(1).cumsum(2), (1, 0, 1, 0))
    (top, bottom), (left, right) = ((cells.start, cells.start + cells.size) for cells in (rows, columns))
    sums = integral[:, bottom, right] - integral[:, top, right] - integral[:, bottom, left] + integral[:, top, left]
    return sums.T.to(base.dtype)
