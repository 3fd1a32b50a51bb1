"""Which cells of a map may have changed, along one axis and for every position of a batch; plain integers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, kw_only=True)
class Window:
    """How an operation looks at its input along one axis, in cells."""

    kernel: int
    stride: int
    padding: int
    dilation: int


@dataclass(frozen=True, kw_only=True)
class Span:
    """For each position the cells that may have changed, `low` to `high` exclusive, and the cells that are computed.

    The computed cells are `size` from `start` on: as many for all positions, so that they fit into one tensor, and inside
    the map. They cover the changed ones; the others among them come out as they were.
    """

    low: Int[np.ndarray, " position"]
    high: Int[np.ndarray, " position"]
    length: int
    """Of the map."""

    @cached_property
    def size(self) -> int:
        """How many cells are computed."""
        return max(1, int((self.high - self.low).max()))

    @cached_property
    def start(self) -> Int[np.ndarray, " position"]:
        """The first computed cell."""
        start: Int[np.ndarray, " position"] = np.minimum(self.low, self.length - self.size)
        return start

    def through(self, window: Window, *, length: int) -> "Span":
        """What changes in the output, of `length` cells, of an operation with this window."""
        reach = (window.kernel - 1) * window.dilation
        first = -((reach - window.padding - self.low) // window.stride)
        last = (self.high - 1 + window.padding) // window.stride
        low = np.clip(first, 0, length - 1)
        return Span(low=low, high=np.clip(last + 1, low, length), length=length)


def union(spans: Sequence[Span]) -> Span:
    """What changes where any of these changes."""
    low = np.minimum.reduce([span.low for span in spans])
    return Span(low=low, high=np.maximum.reduce([span.high for span in spans]), length=spans[0].length)
