"""Thresholds with a precision, the three-way rule, heads, and labels by a model of the zoo."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from experiments.contract.errors import InputError
from experiments.methods.domains.descriptions import frozen_classifier, plain_descriptions
from experiments.methods.domains.heads import STRENGTH, fit_heads
from experiments.methods.domains.labelling import domains_of
from experiments.methods.domains.report import measured
from experiments.methods.domains.rule import three_way
from experiments.methods.domains.thresholds import FEWEST, operating_point, smallest_threshold
from model_zoo.loading import load
from model_zoo.sources.domain_classifier import LENGTHS, gram

pytestmark = pytest.mark.unit


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=4, max_size=90), st.sampled_from([0.6, 0.8, 0.98, 1.0]))
def test_the_threshold_is_the_smallest_with_the_precision(drawn: list[tuple[int, bool]], precision: float):
    scores = np.array([score / 20 for score, _ in drawn])
    truth = np.array([right for _, right in drawn])
    taken = {tau: truth[scores >= tau] for tau in np.unique(scores)}
    reached = {tau for tau, right in taken.items() if right.mean() >= precision and len(right) >= FEWEST}

    if truth.all() or not truth.any() or not reached:
        with pytest.raises(InputError):
            smallest_threshold(scores, truth, precision=precision, name="natural")
        return
    found = smallest_threshold(scores, truth, precision=precision, name="natural")

    lower = scores[scores < min(reached)]
    assert found.threshold == pytest.approx((min(reached) + lower.max(initial=0)) / 2)
    assert found.accepted == len(taken[min(reached)])
    assert found.precision is not None
    assert found.precision >= precision


def test_the_lowest_precision_is_that_of_clopper_and_pearson():
    truth = np.array([True] * 58 + [False] * 2)

    found = operating_point(np.ones(60), truth, threshold=0.5)

    expected = stats.binomtest(58, 60, alternative="greater").proportion_ci(confidence_level=0.95, method="exact").low
    assert found.lowest == pytest.approx(expected, rel=1e-6)


def test_a_precision_that_is_never_reached_says_what_is():
    # Nine that are right alone show too little.
    scores, truth = np.linspace(1, 0.1, 12), np.array([True] * 9 + [False] * 3)

    with pytest.raises(InputError, match=r"natural reaches a precision of 0\.900 at most, with 10 validation images") as refused:
        smallest_threshold(scores, truth, precision=0.98, name="natural")

    assert refused.value.field == "precision"


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_images_of_one_domain_alone_are_refused(truth: list[bool]):
    with pytest.raises(InputError) as refused:
        smallest_threshold(np.array([0.2, 0.7]), np.array(truth), precision=0.9, name="rendition")
    with pytest.raises(InputError):
        fit_heads(np.eye(2), ["natural", "natural"])

    assert refused.value.field == "labels"


def test_an_image_that_neither_or_both_heads_accept_is_ambiguous():
    scores = np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [0.1, 0.1], [0.5, 0.59]])

    assert three_way(scores, thresholds=(0.5, 0.6)) == ["natural", "rendition", "ambiguous", "ambiguous", "natural"]


def test_heads_are_logistic_regressions_on_standardized_features():
    rng = np.random.default_rng(0)
    features = rng.normal(3, [1, 5, 0.1], size=(90, 3))
    labels = [("natural", "rendition", "ambiguous")[int(value)] for value in rng.integers(3, size=90)]
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    expected = model.fit(scaler.transform(features), [label == "rendition" for label in labels])

    found = fit_heads(features, labels).scores(features)

    np.testing.assert_allclose(found[:, 1], expected.predict_proba(scaler.transform(features))[:, 1], atol=1e-9)


def test_a_card_counts_what_the_labels_do():
    scores = np.array([[0.9, 0.1], [0.2, 0.9], [0.2, 0.2], [0.9, 0.2]])
    truth = ["natural", "rendition", "ambiguous", "ambiguous"]

    found = measured(scores, truth, thresholds=(0.5, 0.5), styles=["a", "b", "b", "a"])

    assert found["confusion"] == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert found["points"]["natural"]["precision"] == 0.5
    assert found["label_precision"] == {"natural": 0.5, "rendition": 1.0}
    assert found["by_style"]["a"]["natural"] == 1.0
    assert found["kappa"] == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))
    assert found["low"] < found["kappa"] <= found["high"]


def test_a_gram_matrix_is_the_mean_of_products_over_positions():
    maps = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    expected = torch.einsum("bchw,bdhw->bcd", maps, maps) / 20

    found = gram(maps)

    rows, columns = np.triu_indices(3)
    torch.testing.assert_close(found.sign() * found**2, expected[:, rows, columns])


def test_the_trunk_is_the_pretrained_network():
    ours, theirs = frozen_classifier("embedding"), load("efficientnet_lite0.in1k", device="cpu").network
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        found = ours.described(images)
        logits = theirs(images)
        shallow = frozen_classifier("gram").described(images)

    torch.testing.assert_close(theirs._fc(found["embedding"]), logits)
    torch.testing.assert_close(shallow["gram"], found["gram"])
    assert {name: values.shape[1] for name, values in found.items()} == LENGTHS


def test_plain_descriptions_of_a_plain_image():
    found = plain_descriptions(np.full((1, 32, 32, 3), 128, np.uint8))

    assert found["histogram"].max() == 1
    assert found["histogram"].sum() == 1
    assert found["spectrum"][0].argmax() == 0
    np.testing.assert_allclose(found["pixels"], 128 / 255)


def test_a_network_that_is_no_classifier_of_domains_labels_nothing():
    with pytest.raises(InputError, match="no classifier of domains"):
        domains_of("efficientnet_lite0.in1k", [np.zeros((8, 8, 3), np.uint8)])
