"""The mixing study of Mayilvahanan et al. 2025: sets with exact counts, its tasks, and what is measured of them."""

import itertools
import json
from collections import Counter

import numpy as np
import pytest
from scipy.special import expit, logit

from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.datasets.domains import DOMAINS
from experiments.papers.mayilvahanan2025_domains.mixing.captions import captions_of
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration
from experiments.papers.mayilvahanan2025_domains.mixing.images import hashes, held_out_views, nearest, training_images
from experiments.papers.mayilvahanan2025_domains.mixing.measures import effective_robustness, mixing_metrics
from experiments.papers.mayilvahanan2025_domains.mixing.subsets import draw
from experiments.papers.mayilvahanan2025_domains.mixing.task import Contrastive, Supervised

TINY = {"objects": 3, "views": 8, "test_views": 4, "widths": [8, 8, 8], "images": 16, "batch": 8, "steps": 2, "apart": 0}


@pytest.mark.unit
def test_sets_have_exact_counts_and_renditions_that_are_nested_over_shares():
    drawn = {}
    for share in (0.0, 0.031, 0.25, 0.5, 1.0):
        configuration = MixingConfiguration(objects=5, views=20, images=97, batch=8, renditions=share)
        drawn[share] = draw(configuration, seed=3)
        assert Counter(drawn[share].domains)["rendition"] == round(share * 97) == configuration.counts["rendition"]
    sets = {
        share: {
            domain: {slot for slot, own in zip(one.slots.tolist(), one.domains, strict=True) if own == domain}
            for domain in DOMAINS
        }
        for share, one in drawn.items()
    }
    shares = sorted(sets)
    for smaller, larger in itertools.pairwise(shares):
        assert sets[smaller]["rendition"] < sets[larger]["rendition"]
        assert sets[larger]["natural"] < sets[smaller]["natural"]
    half = draw(MixingConfiguration(objects=5, views=20, images=40, batch=8), seed=3)
    assert len(set(half.slots.tolist())) == 40
    assert set(half.slots.tolist()) < sets[0.0]["natural"]
    assert set(Counter((half.slots % 5).tolist()).values()) == {8}
    assert not np.array_equal(half.slots, draw(MixingConfiguration(objects=5, views=20, images=40, batch=8), seed=4).slots)


@pytest.mark.unit
def test_shares_that_are_both_rounded_up_fill_the_set_and_no_more():
    halves = MixingConfiguration(objects=16, views=64, images=1023, renditions=0.5, ambiguous=0.5)

    assert halves.counts == {"rendition": 512, "ambiguous": 511, "natural": 0}
    assert len(draw(halves, seed=0).domains) == 1023


@pytest.mark.unit
def test_no_test_image_is_like_one_that_sets_are_drawn_from():
    near = held_out_views(3, 8, 4, side=32, domain="natural", apart=0)
    far = held_out_views(3, 8, 4, side=32, domain="natural", apart=14)
    seen = np.concatenate([hashes(training_images(3, 8, side=32, domain=domain)) for domain in DOMAINS])

    assert near.removed == 0
    assert len(near.images) == 12
    assert far.removed > 0
    assert len(far.images) == 12 - far.removed == len(far.labels) == len(far.styles)
    assert nearest(hashes(far.images), seen).min() >= 14
    assert nearest(seen, seen).max() == 0
    with pytest.raises(InputError) as refused:
        held_out_views(3, 8, 4, side=32, domain="natural", apart=64)
    assert refused.value.field == "apart"


@pytest.mark.unit
@pytest.mark.parametrize("kind", [Contrastive, Supervised])
def test_a_step_is_the_same_whatever_came_before(kind: type[Contrastive]):
    task = kind(build(MixingConfiguration, {**TINY, "renditions": 0.5, "ambiguous": 0.25}), seed=1, device="cpu")

    at_first = task.loss(7).item()
    task.measure()
    task.loss(3)

    assert task.loss(7).item() == at_first != task.loss(8).item()


@pytest.mark.unit
def test_captions_are_the_words_of_their_domain():
    found = captions_of(["peacock", "sea horse"])

    assert found.words.shape == (3, 3, 2, 6)
    assert found.vocabulary == 1 + len(set(found.words.unique().tolist()) - {0})
    # "a photo of a peacock" and "a photo of a sea horse" begin alike.
    assert found.words[0, 0, 0, :4].equal(found.words[0, 0, 1, :4])
    assert (found.words[0, 0, 0] == 0).sum() == 1


@pytest.mark.unit
def test_curves_have_their_best_share_inside_where_it_is():
    natural = np.array([0.9, 0.88, 0.86, 0.3])[:, None, None] + np.zeros((4, 3, 5))
    rendition = np.array([0.1, 0.5, 0.7, 0.75])[:, None, None] + np.zeros((4, 3, 5))
    reference = {"natural": natural[1:2], "rendition": np.full((1, 3, 5), 0.4)}

    found = mixing_metrics(natural, rendition, shares=[0, 0.1, 0.5, 1], reference=reference, seed=0)

    assert found["best"]["arithmetic"]["share"] == found["best"]["harmonic"]["share"] == 0.5
    assert found["best"]["arithmetic"]["interval"] == [0.5, 0.5]
    assert found["best"]["arithmetic"]["over_first"]["mean"] == pytest.approx(0.78 - 0.5)
    assert found["curves"]["relative_rendition"]["mean"] == pytest.approx([0.25, 1.25, 1.75, 1.875])
    assert found["curves"]["gap"]["mean"][0] == pytest.approx(0.8)
    assert found["contamination"]["mean"] == pytest.approx([4.0, 0.5, 0.1])


@pytest.mark.unit
def test_intervals_draw_seeds_and_objects_and_leave_out_what_was_not_measured():
    natural, rendition = np.random.default_rng(0).random((2, 2, 3, 40))
    natural[:, :, 7] = np.nan
    reference = {"natural": natural[:1], "rendition": rendition[:1]}

    found = mixing_metrics(natural, rendition, shares=[0, 1], reference=reference, seed=0)["curves"]["natural"]

    assert found["mean"] == pytest.approx(np.nanmean(natural, axis=(1, 2)))
    # Independent values: about the error of a mean over all of them.
    spread = np.nanstd(natural[0]) / np.sqrt(3 * 39)
    assert 2 * spread < found["high"][0] - found["low"][0] < 8 * spread


@pytest.mark.unit
def test_draws_of_objects_without_test_images_are_left_out_and_a_domain_without_any_is_refused():
    natural, rendition = np.random.default_rng(0).random((2, 2, 3, 2))
    # A quarter of all draws are of this object alone.
    natural[:, :, 1] = np.nan
    reference = {"natural": natural[:1], "rendition": rendition[:1]}

    found = mixing_metrics(natural, rendition, shares=[0, 1], reference=reference, seed=0)

    assert json.dumps(found, allow_nan=False)
    with pytest.raises(InputError) as refused:
        mixing_metrics(natural * np.nan, rendition, shares=[0, 1], reference=reference, seed=0)
    assert refused.value.field == "apart"


@pytest.mark.unit
def test_effective_robustness_is_what_exceeds_the_line_of_the_references():
    sizes = np.array([0.2, 0.5, 0.8])[:, None, None] + np.zeros((3, 2, 4))
    references = {"natural": sizes, "rendition": expit(0.7 * logit(sizes) - 1)}

    found = effective_robustness(np.full((1, 2, 4), 0.6), np.full((1, 2, 4), 0.9), references=references, seed=0)

    assert (found["slope"], found["intercept"]) == pytest.approx((0.7, -1))
    expected = 0.9 - expit(0.7 * logit(0.6) - 1)
    # All seeds and objects are alike here, and so are all draws of them.
    assert [found["residuals"][name][0] for name in ("mean", "low", "high")] == pytest.approx([expected] * 3)


@pytest.mark.unit
def test_intervals_of_effective_robustness_are_those_of_lines_fitted_to_each_draw():
    rng = np.random.default_rng(3)
    natural, rendition = rng.uniform(0.2, 0.8, (2, 2, 3, 30))
    references = {
        name: np.linspace(0.3, 0.6, 4)[:, None, None] + rng.uniform(-0.2, 0.2, (4, 3, 30)) for name in ("natural", "rendition")
    }

    found = effective_robustness(natural, rendition, references=references, seed=0)

    points = [logit(references[name].mean(axis=2).ravel()) for name in ("natural", "rendition")]
    slope, intercept = np.polyfit(*points, 1)
    residuals = rendition.mean(axis=(1, 2)) - expit(slope * logit(natural.mean(axis=(1, 2))) + intercept)
    assert found["residuals"]["mean"] == pytest.approx(residuals)
    assert all(
        low < value < high
        for low, value, high in zip(*(found["residuals"][name] for name in ("low", "mean", "high")), strict=True)
    )
