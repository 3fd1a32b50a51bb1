"""What a pass over a pool keeps of a layer: extremes, mean and histogram of every channel, in memory that does not grow.

Summaries of parts of a pool merge into that of the whole, whatever the parts and their order. Made by shards, merged by indices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float, Int
from safetensors.numpy import load, save

from experiments.contract.recipes import Sign

EXTREMES = 64
"""Images of each sign that are kept for a channel."""
BINS = 64
PRECISION = 24
"""Bits of a float32: bins narrower than the last of them tell nothing apart."""


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts in bins of equal width, from the first that holds something to the last."""

    edges: Sequence[float]
    counts: Sequence[int]

    def bin_of(self, activation: float) -> int:
        """In which bin an activation of the unit lies."""
        return int(np.searchsorted(self.edges, activation, side="right")) - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerSummary:
    """Every channel of a layer on some images of a pool.

    Bins are as wide as a power of two, the least with which `BINS` of them reach from the least to the greatest activation, and
    begin at multiples of it; so two of them make exactly one of the next width, and summaries can be merged without error.
    """

    max_activations: Float[np.ndarray, "channel rank"]
    max_images: Int[np.ndarray, "channel rank"]
    """Their numbers in the pool; of equal activations the earlier image comes first."""
    min_activations: Float[np.ndarray, "channel rank"]
    min_images: Int[np.ndarray, "channel rank"]
    images: Int[np.ndarray, " channel"]
    """How many; the same for all channels."""
    sums: Float[np.ndarray, " channel"]
    exponents: Int[np.ndarray, " channel"]
    """Of the width of the bins, to base 2."""
    first_bins: Int[np.ndarray, " channel"]
    """Where the first bin begins, in widths."""
    counts: Int[np.ndarray, "channel bin"]

    @classmethod
    def of(cls, activations: Float[np.ndarray, "channel image"], *, images: Int[np.ndarray, " image"]) -> Self:
        """The summary of finite activations of images with ascending numbers; at least one."""
        values = activations.astype(np.float32) + np.float32(0)  # -0 becomes 0, which it equals
        low, high = values.min(axis=1), values.max(axis=1)
        exponents = _exponents(low, high)
        first = _bins(low, exponents)
        bins = _bins(values, exponents[:, None]) - first[:, None] + BINS * np.arange(len(values))[:, None]
        counts = np.bincount(bins.ravel(), minlength=BINS * len(values)).reshape(len(values), BINS)
        highest, lowest = (np.argsort(direction * values, axis=1, kind="stable")[:, :EXTREMES] for direction in (-1, 1))
        return cls(
            max_activations=np.take_along_axis(values, highest, axis=1),
            max_images=images[highest],
            min_activations=np.take_along_axis(values, lowest, axis=1),
            min_images=images[lowest],
            images=np.full(len(values), values.shape[1]),
            sums=values.sum(axis=1, dtype=np.float64),
            exponents=exponents,
            first_bins=first,
            counts=counts,
        )

    def merge(self, other: "LayerSummary") -> "LayerSummary":
        """The summary of the images of both."""
        highest, lowest = (_extremes(self, other, sign) for sign in ("max", "min"))
        exponents = _exponents(np.minimum(self.low, other.low), np.maximum(self.high, other.high))
        first = np.minimum(*(_shifted(one.first_bins, exponents - one.exponents) for one in (self, other)))
        return LayerSummary(
            max_activations=highest[0],
            max_images=highest[1],
            min_activations=lowest[0],
            min_images=lowest[1],
            images=self.images + other.images,
            sums=self.sums + other.sums,
            exponents=exponents,
            first_bins=first,
            counts=self._counts_at(exponents, first) + other._counts_at(exponents, first),
        )

    @property
    def low(self) -> Float[np.ndarray, " channel"]:
        """The least activation of each channel."""
        return self.min_activations[:, 0]

    @property
    def high(self) -> Float[np.ndarray, " channel"]:
        """The greatest activation of each channel."""
        return self.max_activations[:, 0]

    def histogram(self, channel: int) -> Histogram:
        """How often which activation occurs."""
        counts = np.trim_zeros(self.counts[channel], "b")
        width = np.ldexp(1.0, int(self.exponents[channel]))
        edges = (self.first_bins[channel] + np.arange(len(counts) + 1)) * width
        return Histogram(edges=edges.tolist(), counts=counts.tolist())

    def as_bytes(self) -> bytes:
        """The summary as safetensors; equal summaries give equal bytes."""
        return save({name: np.ascontiguousarray(array) for name, array in vars(self).items()})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The inverse of `as_bytes`."""
        return cls(**load(content))

    def _counts_at(
        self, exponents: Int[np.ndarray, " channel"], first: Int[np.ndarray, " channel"]
    ) -> Int[np.ndarray, "channel bin"]:
        """The counts in wider bins."""
        own = self.first_bins[:, None] + np.arange(BINS)
        wide = _shifted(own, (exponents - self.exponents)[:, None]) - first[:, None]
        counts = np.zeros_like(self.counts)
        # Bins beyond the last that holds something may lie outside; they hold nothing.
        np.add.at(counts, (np.arange(len(counts))[:, None], np.clip(wide, 0, BINS - 1)), self.counts)
        return counts


def _extremes(
    one: LayerSummary, other: LayerSummary, sign: Sign
) -> tuple[Float[np.ndarray, "channel rank"], Int[np.ndarray, "channel rank"]]:
    """The most extreme of both, and their images."""
    if sign == "max":
        pairs, direction = [(part.max_activations, part.max_images) for part in (one, other)], -1
    else:
        pairs, direction = [(part.min_activations, part.min_images) for part in (one, other)], 1
    activations, images = (np.concatenate(arrays, axis=1) for arrays in zip(*pairs, strict=True))
    order = np.lexsort((images, direction * activations), axis=1)[:, :EXTREMES]
    return np.take_along_axis(activations, order, axis=1), np.take_along_axis(images, order, axis=1)


def _exponents(low: Float[np.ndarray, " channel"], high: Float[np.ndarray, " channel"]) -> Int[np.ndarray, " channel"]:
    """The least widths with which `BINS` bins reach from `low` to `high`, as powers of two."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    finest = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1] - PRECISION
    # Too fine, as it needs more than BINS bins: two or three doublings lead to the least that fits.
    too_fine = np.where(high > low, np.frexp((high - low) / BINS)[1] - 2, finest)
    exponents: Int[np.ndarray, " channel"] = np.maximum(too_fine, finest).astype(np.int64)
    while (short := _bins(high, exponents) - _bins(low, exponents) >= BINS).any():
        exponents += short
    return exponents


def _bins(values: Float[np.ndarray, "*shape"], exponents: Int[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
    """In which bin values lie, counted in widths from zero; exact, because widths are powers of two."""
    bins: Int[np.ndarray, "*shape"] = np.floor(np.ldexp(values.astype(np.float64), -exponents)).astype(np.int64)
    return bins


def _shifted(bins: Int[np.ndarray, "*shape"], doublings: Int[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
    """In which of the wider bins the bins lie."""
    shifted: Int[np.ndarray, "*shape"] = bins >> np.minimum(doublings, 62)
    return shifted
