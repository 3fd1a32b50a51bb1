"""Kappas against scikit-learn and statsmodels, weighted and unweighted, with their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from experiments.methods.label_analysis.kappas import fleiss, image_weights, mean_kappa
from experiments.methods.statistics.agreement import cohen

pytestmark = pytest.mark.unit
SEEDS = st.integers(0, 2**32 - 1)


def raters(seed: int, *, count: int = 2, images: int = 25) -> np.ndarray:
    """Labels that agree more often than chance."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=images)
    return np.where(rng.random((count, images)) < 0.5, truth, rng.integers(3, size=(count, images)))


@given(seed=SEEDS)
def test_cohen_is_that_of_sklearn_under_every_weighting(seed: int):
    first, second = raters(seed)
    weights = np.vstack([np.ones(25), np.random.default_rng(seed).integers(0, 4, size=(3, 25))]).astype(float)

    kappas = cohen(first, second, weights=weights, labels=3)

    expected = [cohen_kappa_score(first, second, sample_weight=row, labels=[0, 1, 2]) for row in weights]
    assert kappas == pytest.approx(expected, nan_ok=True)


@given(seed=SEEDS)
def test_cohen_leaves_out_what_one_of_them_did_not_label(seed: int):
    first, second = raters(seed)
    first[:5], second[3:8] = -1, -1

    kappas = cohen(first, second, weights=np.ones((1, 25)), labels=3)

    assert kappas[0] == pytest.approx(cohen_kappa_score(first[8:], second[8:]), nan_ok=True)


@given(seed=SEEDS, count=st.integers(2, 6))
def test_fleiss_is_that_of_statsmodels_under_every_resampling(seed: int, count: int):
    labels = raters(seed, count=count)
    counts = np.stack([(labels == code).sum(0) for code in range(3)], axis=1)
    weights = image_weights(25, seed=seed)[:4]

    kappas = fleiss(counts, weights=weights)

    expected = [fleiss_kappa(np.repeat(counts, row.astype(int), axis=0)) for row in weights]
    assert kappas == pytest.approx(expected)


def test_raters_who_always_say_the_same_have_no_kappa():
    same = np.zeros(5, dtype=int)

    kappa = mean_kappa([cohen(same, same, weights=image_weights(5, seed=0), labels=3)], why_not="all alike")

    assert (kappa.value, kappa.low, kappa.n, kappa.why_not) == (None, None, 0, "all alike")


def test_interval_covers_the_kappa_of_many_images_about_as_often_as_it_says():
    everything = raters(3, images=40_000)
    truth = cohen_kappa_score(*everything)

    covered = 0
    for draw in range(100):
        first, second = everything[:, draw * 100 : (draw + 1) * 100]
        kappa = mean_kappa([cohen(first, second, weights=image_weights(100, seed=draw), labels=3)], why_not="")
        covered += kappa.low is not None and kappa.high is not None and kappa.low <= truth <= kappa.high

    # Binomial(100, .95) lies in this range with probability .9996.
    assert 86 <= covered <= 100
