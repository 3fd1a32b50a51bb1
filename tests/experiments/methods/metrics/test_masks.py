"""Overlap of masks against boolean masks of single objects and all assignments."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.methods.metrics.masks import mean_best_overlap, mean_iou

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]

LABELS = arrays(np.int64, (2, 10), elements=st.integers(0, 3))


def table(true: np.ndarray, guess: np.ndarray, *, background: int | None) -> np.ndarray:
    """The overlap of each object with each of four masks."""
    objects = [label for label in np.unique(true) if label != background]
    masks = [(true == one, guess == mask) for one in objects for mask in range(4)]
    return np.array([np.sum(one & mask) / np.sum(one | mask) for one, mask in masks]).reshape(-1, 4)


@settings(max_examples=30)
@given(truth=LABELS, predicted=LABELS, background=st.sampled_from([None, 0, 9]))
def test_overlaps_are_those_of_single_masks(truth: np.ndarray, predicted: np.ndarray, background: int | None):
    best, matched = (measure(truth, predicted, background=background) for measure in (mean_best_overlap, mean_iou))

    for image, (true, guess) in enumerate(zip(truth, predicted, strict=True)):
        overlaps = table(true, guess, background=background)
        if not len(overlaps):
            assert np.isnan([best[image], matched[image]]).all()
            continue
        rows = range(len(overlaps))
        wanted = max(overlaps[rows, order].mean() for order in permutations(range(4), len(overlaps)))
        assert best[image] == pytest.approx(overlaps.max(axis=1).mean())
        assert matched[image] == pytest.approx(wanted)


def test_one_mask_for_two_objects_serves_both_only_for_the_best_overlap():
    truth, predicted = np.array([[0, 0, 1, 1, 1, 2, 2, 2]]), np.array([[0, 0, 1, 1, 1, 1, 1, 1]])

    assert mean_best_overlap(truth, predicted, background=0) == pytest.approx([0.5])
    assert mean_iou(truth, predicted, background=0) == pytest.approx([0.25])


def test_mask_that_spills_into_the_background_overlaps_less():
    truth, predicted = np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]])

    assert mean_iou(truth, predicted, background=0) == pytest.approx([2 / 3])
    assert mean_iou(truth, predicted) == pytest.approx([(2 / 3 + 1 / 2) / 2])


def test_slots_too_many_cost_nothing_if_they_are_empty():
    truth = np.array([[0, 0, 1, 1, 2, 2]])

    assert mean_iou(truth, truth * 7) == pytest.approx([1])
    assert mean_best_overlap(truth, truth * 7) == pytest.approx([1])
