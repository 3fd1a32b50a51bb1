"""Adjusted Rand index, precision and recall against scikit-learn's pair counts, closed forms, and properties of refinements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import pair_confusion_matrix

from experiments.contract.errors import InputError
from experiments.methods.metrics.clustering import even_split, pair_scores

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]

SCORES = ("ari", "precision", "recall", "raw_precision", "raw_recall")
LABELS = arrays(np.int64, (3, 12), elements=st.integers(0, 4))


def scored(truth: list[int], predicted: list[int]) -> tuple[float, float, float]:
    found = pair_scores(np.array([truth]), np.array([predicted]))
    return found.ari[0], found.precision[0], found.recall[0]


@settings(max_examples=30)
@given(truth=LABELS, predicted=LABELS)
def test_ari_is_scikit_learns_also_where_it_degenerates(truth: np.ndarray, predicted: np.ndarray):
    found = pair_scores(truth, predicted)

    wanted = [adjusted_rand_score(*pair) for pair in zip(truth, predicted, strict=True)]
    assert found.ari == pytest.approx(np.array(wanted), abs=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
def test_parts_follow_from_scikit_learns_pair_counts(seed: int):
    truth, predicted = np.random.default_rng(seed).integers(0, 3, (2, 1, 50))

    found = pair_scores(truth, predicted)

    (_, fp), (fn, tp) = pair_confusion_matrix(truth[0], predicted[0])
    chance = (tp + fp) * (tp + fn) / (50 * 49)
    wanted = [(tp - chance) / (tp + fp - chance), (tp - chance) / (tp + fn - chance), tp / (tp + fp), tp / (tp + fn)]
    assert [getattr(found, name)[0] for name in SCORES[1:]] == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=30)
@given(truth=LABELS, predicted=LABELS)
def test_ari_is_the_harmonic_mean_of_its_parts(truth: np.ndarray, predicted: np.ndarray):
    found = pair_scores(truth, predicted)

    both = found.precision + found.recall
    clear = np.abs(both) > 1e-9
    assert (found.ari * both)[clear] == pytest.approx((2 * found.precision * found.recall)[clear], abs=1e-9)


@settings(max_examples=30)
@given(truth=LABELS, predicted=LABELS, order=st.permutations(range(5)))
def test_names_of_labels_and_order_of_pixels_do_not_matter(truth: np.ndarray, predicted: np.ndarray, order: list[int]):
    found = pair_scores(truth, predicted)

    renamed = pair_scores(np.array(order)[truth] + 3, np.array(order)[predicted][:, ::1])
    mirrored = pair_scores(truth[:, ::-1], predicted[:, ::-1])
    swapped = pair_scores(predicted, truth)
    for name, other in zip(SCORES, ("ari", "recall", "precision", "raw_recall", "raw_precision"), strict=True):
        assert getattr(renamed, name) == pytest.approx(getattr(found, name), abs=1e-12)
        assert getattr(mirrored, name) == pytest.approx(getattr(found, name), abs=1e-12)
        assert getattr(swapped, other) == pytest.approx(getattr(found, name), abs=1e-12)


@settings(max_examples=30)
@given(truth=LABELS, part=arrays(np.int64, (3, 12), elements=st.integers(0, 1)))
def test_splitting_inside_objects_costs_recall_alone(truth: np.ndarray, part: np.ndarray):
    whole, split = pair_scores(truth, truth), pair_scores(truth, truth * 2 + part)

    assert whole.ari == pytest.approx(np.ones(3))
    assert split.precision == pytest.approx(np.ones(3))
    assert (split.recall <= 1).all()
    # Split once more: no recall comes back.
    assert (pair_scores(truth, np.arange(12)[None].repeat(3, axis=0)).recall <= split.recall + 1e-12).all()


@pytest.mark.parametrize(("objects", "slots"), [(4, 8), (4, 16), (4, 2), (4, 4), (3, 1), (1, 1), (1, 3)])
def test_even_split_is_the_limit_of_many_pixels(objects: int, slots: int):
    finest = max(objects, slots)
    labels = np.arange(finest).repeat(2**20 // finest)[None]

    found = pair_scores(labels * objects // finest, labels * slots // finest)

    precision, recall = even_split(objects, slots=slots)
    assert (found.precision[0], found.recall[0]) == (pytest.approx(precision, abs=1e-4), pytest.approx(recall, abs=1e-4))
    assert found.ari[0] == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-4)


def test_even_split_of_four_objects_is_as_derived():
    assert even_split(4, slots=8) == (1, 3 / 7)
    assert even_split(4, slots=16) == (1, 1 / 5)
    assert even_split(4, slots=2) == (1 / 3, 1)


def test_random_labels_score_nothing():
    truth, predicted = np.random.default_rng(0).integers(0, 5, (2, 20, 4096))

    means = pair_scores(truth, predicted).means()

    assert all(abs(means[name]) < 1e-3 for name in ("ari", "precision", "recall"))
    assert means["raw_precision"] == pytest.approx(0.2, abs=0.01)


def test_degenerate_images_follow_the_policy():
    assert scored([1, 1, 1], [2, 2, 2]) == (1, 1, 1)
    assert scored([1, 1, 1], [0, 1, 1]) == (0, 1, 0)
    assert scored([0, 1, 1], [2, 2, 2]) == (0, 0, 1)
    assert scored([0, 1, 2], [4, 3, 2]) == (1, 1, 1)
    assert scored([0, 1, 2], [0, 0, 0]) == (0, 0, 1)


def test_background_is_dropped_before_counting():
    truth, predicted = np.random.default_rng(0).integers(0, 4, (2, 5, 60))
    truth[3] = 0
    truth[4] = [0] * 59 + [1]

    found = pair_scores(truth, predicted, background=0)

    wanted = [adjusted_rand_score(true[true > 0], guess[true > 0]) for true, guess in zip(truth, predicted, strict=True)]
    assert found.ari[:3] == pytest.approx(wanted[:3], abs=1e-12)
    # Neither no pixel nor a single one makes a pair.
    assert found.counted.tolist() == [True] * 3 + [False] * 2
    assert all(np.isnan(getattr(found, name)[3:]).all() for name in SCORES)
    assert found.means()["ari"] == pytest.approx(np.mean(wanted[:3]))
    assert (found.means()["counted"], found.means()["excluded"]) == (3, 2)


def test_nothing_to_count_has_no_mean():
    means = pair_scores(np.zeros((2, 5), int), np.ones((2, 5), int), background=0).means()

    assert np.isnan(means["ari"])
    assert (means["counted"], means["excluded"]) == (0, 2)


def test_counts_of_a_long_video_are_exact():
    truth = np.zeros((1, 2**22), np.uint8)
    truth[0, 0] = 1

    found = pair_scores(truth, truth)

    # In float32 the pairs of four million pixels lose the single pixel.
    assert (found.ari[0], found.precision[0], found.recall[0]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("truth", "predicted", "field"),
    [
        (np.zeros((2, 5)), np.zeros((2, 5), int), "truth"),
        (np.zeros((2, 5), int), np.zeros((2, 4), int), "predicted"),
        (np.full((2, 5), -1), np.zeros((2, 5), int), "truth"),
        (np.zeros((2, 5), int), np.full((2, 5), 256), "predicted"),
        (np.zeros(5, int), np.zeros(5, int), "truth"),
        (np.zeros((0, 5), int), np.zeros((0, 5), int), "truth"),
    ],
)
def test_what_are_no_labels_is_told(truth: np.ndarray, predicted: np.ndarray, field: str):
    with pytest.raises(InputError) as raised:
        pair_scores(truth, predicted)

    assert raised.value.field == field
