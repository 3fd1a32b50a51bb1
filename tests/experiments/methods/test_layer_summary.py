"""Summaries of a pass: merging gives what a single pass gives, with numpy's sort and histogram as witnesses, in fixed memory."""

import tracemalloc
from collections.abc import Iterator
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.methods.layer_summary import BINS, EXTREMES, LayerSummary

pytestmark = pytest.mark.unit


def summaries(table: np.ndarray, *, cuts: list[int]) -> list[LayerSummary]:
    """Of the parts of a table [channel, image] between the cuts."""
    edges = sorted({0, table.shape[1], *cuts})
    return [LayerSummary.of(table[:, a:b], images=np.arange(a, b)) for a, b in pairwise(edges)]


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["wide", "ties", "constant", "tiny beside huge", "zeros of both signs"]),
    st.lists(st.integers(1, 299), max_size=5),
)
def test_merged_in_any_order_is_the_single_pass(seed: int, kind: str, cuts: list[int]):
    rng = np.random.default_rng(seed)
    table = {
        "wide": rng.normal(size=(3, 300)),
        "ties": rng.integers(-2, 3, size=(3, 300)),
        "constant": np.full((3, 300), 0.3),
        "tiny beside huge": rng.normal(size=(3, 300)) * 10.0 ** rng.integers(-20, 9, size=(3, 300)),
        "zeros of both signs": rng.choice([0.0, -0.0], size=(3, 300)),
    }[kind].astype(np.float32)
    parts = summaries(table, cuts=cuts)
    rng.shuffle(parts)

    merged, single = reduce(LayerSummary.merge, parts), LayerSummary.of(table, images=np.arange(300))

    for name, array in vars(single).items():
        if name == "sums":
            np.testing.assert_allclose(merged.sums, single.sums, rtol=1e-9, atol=1e-9 * np.abs(table).max())
        else:
            np.testing.assert_array_equal(getattr(merged, name), array)


def test_extremes_are_those_of_a_full_sort_the_earlier_image_first():
    table = np.random.default_rng(1).integers(-30, 30, size=(4, 2000)).astype(np.float32)

    summary = reduce(LayerSummary.merge, summaries(table, cuts=[500, 501, 1700]))

    for channel in range(4):
        images = np.arange(2000)
        assert summary.max_images[channel].tolist() == np.lexsort((images, -table[channel]))[:EXTREMES].tolist()
        assert summary.min_images[channel].tolist() == np.lexsort((images, table[channel]))[:EXTREMES].tolist()


def test_histogram_counts_what_numpy_counts():
    table = np.random.default_rng(2).normal(size=(2, 5000)).astype(np.float32)

    summary = reduce(LayerSummary.merge, summaries(table, cuts=[10, 2500]))

    for channel in range(2):
        histogram = summary.histogram(channel)
        assert histogram.counts == np.histogram(table[channel], bins=histogram.edges)[0].tolist()
        assert BINS // 2 <= len(histogram.counts) <= BINS
        assert histogram.bin_of(float(table[channel].max())) == len(histogram.counts) - 1
        assert histogram.bin_of(float(table[channel].min())) == 0


def test_summary_survives_being_stored():
    summary = LayerSummary.of(np.random.default_rng(3).normal(size=(3, 9)).astype(np.float32), images=np.arange(9))

    stored = LayerSummary.from_bytes(summary.as_bytes())

    assert stored.as_bytes() == summary.as_bytes()
    assert stored.histogram(1) == summary.histogram(1)


ROWS, CHANNELS, CHUNK = 1_000_000, 2, 4000


def chunks() -> Iterator[np.ndarray]:
    for number in range(ROWS // CHUNK):
        yield np.random.default_rng(number).normal(size=(CHANNELS, CHUNK)).astype(np.float32)


def test_a_million_rows_take_the_memory_of_one_chunk():
    tracemalloc.start()
    merged: LayerSummary | None = None
    for number, chunk in enumerate(chunks()):
        part = LayerSummary.of(chunk, images=np.arange(CHUNK) + number * CHUNK)
        merged = merged.merge(part) if merged else part
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert merged is not None
    # All rows together are 8 MB, without their numbers.
    assert peak < 1_500_000
    whole = np.concatenate(list(chunks()), axis=1)
    order = np.argsort(-whole, axis=1, kind="stable")[:, :EXTREMES]
    np.testing.assert_array_equal(merged.max_images, order)
    np.testing.assert_array_equal(merged.max_activations, np.take_along_axis(whole, order, axis=1))
    np.testing.assert_allclose(merged.sums, whole.sum(axis=1, dtype=np.float64))
    assert merged.images.tolist() == [ROWS] * CHANNELS
