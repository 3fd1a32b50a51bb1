"""The part of a map that is computed anew, and how it is put together with the map of the unchanged image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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


def cut(
    region: Region, *, base: Float[Tensor, "1 channel height width"], rows: Cells, columns: Cells
) -> Float[Tensor, "position channel row column"]:
    """Any rectangles of the whole maps, base with the region pasted in, without making those maps.

    Cells outside of the map are left as they are in memory; see `fill_outside`.
    """
    if rows.are(region.rows) and columns.are(region.columns):
        return region.values
    count, channels = region.values.shape[:2]
    canvas = base.new_empty(count, rows.size, columns.size, channels)
    unchanged, values = base.permute(0, 2, 3, 1)[0], region.values.permute(0, 2, 3, 1)
    corners = zip(
        *(start.tolist() for start in (rows.start, columns.start, region.rows.start, region.columns.start)), strict=True
    )
    for position, (top, left, region_top, region_left) in enumerate(corners):
        _paste(canvas[position], unchanged, row=-top, column=-left)
        _paste(canvas[position], values[position], row=region_top - top, column=region_left - left)
    return canvas.permute(0, 3, 1, 2)


def pasted(region: Region, *, base: Float[Tensor, "1 channel height width"]) -> Float[Tensor, "position channel height width"]:
    """The whole maps."""
    nowhere = np.zeros(len(region.values), dtype=np.int64)
    rows, columns = (Cells(start=nowhere, size=length) for length in base.shape[2:])
    return cut(region, base=base, rows=rows, columns=columns)


def fill_outside(
    maps: Float[Tensor, "position channel row column"], *, rows: Cells, columns: Cells, fill: float, size: Sequence[int]
) -> None:
    """Overwrite the cells outside of a map of this size, which are its padding."""
    for axis, cells, length in ((2, rows, size[0]), (3, columns, size[1])):
        after = length - cells.start
        for position in np.flatnonzero((cells.start < 0) | (after < cells.size)).tolist():
            along = maps[position].movedim(axis - 1, 0)
            along[: max(0, -int(cells.start[position]))] = fill
            along[int(after[position]) :] = fill


def cut_sums(base: Float[Tensor, "1 channel height width"], *, rows: Cells, columns: Cells) -> Float[Tensor, "position channel"]:
    """The sums of the base over rectangles inside of it, by its integral image."""
    integral = functional.pad(base[0].double().cumsum(1).cumsum(2), (1, 0, 1, 0))
    (top, bottom), (left, right) = ((cells.start, cells.start + cells.size) for cells in (rows, columns))
    sums = integral[:, bottom, right] - integral[:, top, right] - integral[:, bottom, left] + integral[:, top, left]
    return sums.T.to(base.dtype)


def _paste(canvas: Float[Tensor, "row column channel"], values: Tensor, *, row: int, column: int) -> None:
    """Overwrite the part of the canvas on which the values come to lie if their first cell lies at `row` and `column`."""
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + values.shape[0], canvas.shape[0]), min(column + values.shape[1], canvas.shape[1])
    canvas[top:bottom, left:right] = values[top - row : bottom - row, left - column : right - column]
