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

    def are(self, span: Span) -> bool:
        """Whether they are the computed ones of `span`."""
        return self.size == span.size and bool((self.start == span.start).all())

    def indices(self) -> Int[np.ndarray, "position cell"]:
        """Their places in the map."""
        return self.start[:, None] + np.arange(self.size)


class Background:
    """A map of the unchanged image, laid out so that rectangles of it are quickly copied.

    Args:
        base: The map.
        fill: What stands around it.
    """

    def __init__(self, base: Float[Tensor, "1 channel height width"], *, fill: float) -> None:
        self.height, self.width = base.shape[2:]
        cells = base.permute(0, 2, 3, 1).reshape(-1, base.shape[1])
        self.table = torch.cat([cells, cells.new_full((1, cells.shape[1]), fill)])

    def cut(self, *, rows: Cells, columns: Cells) -> Float[Tensor, "position row column channel"]:
        """A rectangle for each position."""
        at_row, at_column = rows.indices()[:, :, None], columns.indices()[:, None, :]
        inside = (at_row >= 0) & (at_row < self.height) & (at_column >= 0) & (at_column < self.width)
        places = torch.from_numpy(np.where(inside, at_row * self.width + at_column, len(self.table) - 1).ravel())
        chosen = self.table.index_select(0, places.to(self.table.device))
        return chosen.view(len(rows.start), rows.size, columns.size, -1)


def cut(region: Region, *, background: Background, rows: Cells, columns: Cells) -> Float[Tensor, "position channel row column"]:
    """Any rectangles of the whole maps, background with the region pasted in, without making those maps."""
    if rows.are(region.rows) and columns.are(region.columns):
        return region.values
    canvas, values = background.cut(rows=rows, columns=columns), region.values.permute(0, 2, 3, 1)
    corners = np.stack([region.rows.start - rows.start, region.columns.start - columns.start])
    if (corners == corners[:, :1]).all():
        _paste(canvas, values, corner=corners[:, 0])
    else:
        for position, corner in enumerate(corners.T):
            _paste(canvas[position : position + 1], values[position : position + 1], corner=corner)
    return canvas.permute(0, 3, 1, 2)


def pasted(region: Region, *, background: Background) -> Float[Tensor, "position channel height width"]:
    """The whole maps."""
    nowhere = np.zeros(len(region.values), dtype=np.int64)
    rows, columns = (Cells(start=nowhere, size=length) for length in (background.height, background.width))
    return cut(region, background=background, rows=rows, columns=columns)


def cut_sums(base: Float[Tensor, "1 channel height width"], *, rows: Cells, columns: Cells) -> Float[Tensor, "position channel"]:
    """The sums of the base over rectangles inside of it, by its integral image."""
    integral = functional.pad(base[0].double().cumsum(1).cumsum(2), (1, 0, 1, 0))
    (top, bottom), (left, right) = ((cells.start, cells.start + cells.size) for cells in (rows, columns))
    sums = integral[:, bottom, right] - integral[:, top, right] - integral[:, bottom, left] + integral[:, top, left]
    return sums.T.to(base.dtype)


def _paste(canvas: Float[Tensor, "position row column channel"], values: Tensor, *, corner: Int[np.ndarray, "2"]) -> None:
    """Overwrite the part of the canvas on which the values come to lie if their first cell lies at `corner`."""
    (row, column), (height, width) = corner.tolist(), canvas.shape[1:3]
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + values.shape[1], height), min(column + values.shape[2], width)
    canvas[:, top:bottom, left:right] = values[:, top - row : bottom - row, left - column : right - column]
