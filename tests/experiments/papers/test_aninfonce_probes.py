"""Rusak et al. 2024: what probes of encoders of images are fitted on and asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.contract.fields import build
from experiments.contract.recipes import Run
from experiments.datasets.image_sets import packaged_images
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration
from experiments.papers.rusak2024_aninfonce.images.networks import network_of
from experiments.papers.rusak2024_aninfonce.images.probes import (
    MEASURED,
    PENALTIES,
    SWITCHED,
    Views,
    augmentation_scores,
    balanced,
    by_source,
    class_scores,
    probe_of,
    varied,
)
from experiments.papers.rusak2024_aninfonce.train import stages_of

SLUG = "rusak2024_aninfonce"


@pytest.mark.unit
def test_balanced_shares_weigh_classes_alike_and_means_over_sources_keep_the_mean():
    truth, right = np.array([0, 0, 0, 1]), np.array([True, True, True, False])
    weighted = balanced(right, truth)

    shares = by_source(weighted, np.array(["a", "a", "b", "c"]))

    assert weighted.mean() == pytest.approx(0.5)
    assert np.mean(list(shares.values())) == pytest.approx(0.5)


def views_twice(count: int, *, seed: int) -> Views:
    """Two views of every image, whose features are what tells images apart and nothing of what was done to them."""
    numbers = np.random.default_rng(seed)
    images = np.arange(count).repeat(2)
    features = numbers.normal(size=(count, 2 * count)).repeat(2, axis=0)
    # What is done to both views of an image is alike, so that a fold with only one of them knows the answer by heart.
    applied = {name: (numbers.random(count) > 0.5).astype(float).repeat(2) for name in (*SWITCHED, *MEASURED)}
    return Views(
        features=features, codes=features, original_features=features, original_codes=features, applied=applied, images=images
    )


@pytest.mark.unit
def test_probes_choose_their_penalty_on_images_that_they_are_not_fitted_on():
    seen, unseen = views_twice(40, seed=0), views_twice(40, seed=1)

    for fitted, scored in seen.folds:
        assert not set(seen.images[fitted]) & set(seen.images[scored])
    scores = augmentation_scores(seen.features, unseen.features, seen=seen, unseen=unseen, sources=unseen.images.astype(str))

    # Noise is told to be noise: a probe that leaves one view out takes it for knowledge, and misses by about as much again.
    assert scores["mean_r2"] > -0.35


@pytest.mark.unit
def test_the_penalty_is_that_of_a_search_over_the_same_folds():
    seen = views_twice(40, seed=0)
    target = seen.features[:, 0] + seen.features[:, 1] + np.random.default_rng(3).normal(size=80)
    weights = np.random.default_rng(4).uniform(0.5, 2, size=80)

    probe = probe_of(seen.features, target, weights=weights, folds=seen.folds)

    search = RidgeCV(alphas=PENALTIES, cv=seen.folds, scoring="neg_mean_squared_error")
    expected = make_pipeline(StandardScaler(), search).fit(seen.features, target, ridgecv__sample_weight=weights)
    assert probe[-1].alpha == expected[-1].alpha_
    np.testing.assert_allclose(probe.predict(seen.features), expected.predict(seen.features), atol=1e-9)


@pytest.mark.unit
def test_a_class_probe_reads_every_original_once():
    images = packaged_images(photographs=40, stamps=0, side=16, seed=0)
    images = replace(images, classes=("a", "b"), labels=np.arange(len(images.sources)) % 2)
    twice = views_twice(40, seed=0)
    once = replace(twice, original_features=twice.features[::2], images=twice.images[::2])

    scores = [class_scores("original_features", images, seen=one, unseen=views_twice(40, seed=1)) for one in (once, twice)]

    assert scores[0] == scores[1]


@pytest.mark.unit
def test_small_images_keep_their_size_in_the_stem_and_are_not_asked_for_blur():
    recipe = Run(paper=SLUG, preset="paper", settings={"cifar10": "/cifar", "imagenet": "/imagenet"})
    fields = {stage.name: stage.fields for stage in stages_of(recipe)}["cifar10_infonce"]
    configuration = build(ImageConfiguration, fields)
    backbone = network_of(configuration, seed=0).encoder.backbone

    first = backbone.layer1(backbone.maxpool(backbone.relu(backbone.bn1(backbone.conv1(torch.zeros(2, 3, 32, 32))))))

    assert first.shape == (2, 64, 32, 32)
    assert not {"blurred", "sigma"} & set(varied(configuration.law))
    assert {"flipped", "jittered", "grayed", "scale", "hue"} <= set(varied(configuration.law))
