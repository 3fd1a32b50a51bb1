"""What a study will need, against sets that are really made, and against figures of the published studies."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import registry
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.prediction import PartImages, Prediction, Sessions, predict, session_count
from experiments.contract.rates import measured_rates
from experiments.contract.recipes import StimulusSet
from tests.experiments.methods.workshops import new_workshop

ASKING = [slug for slug, paper in registry.experiments().items() if paper.asks_people]
SLUGS = [slug for slug in ASKING if registry.design(slug).ASKS_ABOUT == "units"]
SCALE, CAUSAL = "zimmermann2023_scale", "zimmermann2021_causal"
MODEL = "efficientnet_lite0.in1k"
UNITS = [f"{MODEL}/_blocks.3:5", f"{MODEL}/_blocks.3:7", f"{MODEL}/_blocks.2:1"]
POOL = "photographs+stamps" if Path("/usr/share/tuxpaint/stamps").is_dir() else "photographs"
SMALL = {
    "pool": POOL,
    "pool_size": 200,
    "pool_resolution": 32,
    "size": 32,
    "shown_size": 32,
    "steps": 2,
    "transforms": "standard",
}
NOBODY = Sessions(wanted=0, main_trials=0, other_trials=0, trial_seconds=0, other_seconds=0, reward=0)
PUBLISHED = replace(NOBODY, wanted=250, main_trials=18, other_trials=7, reward=195, fee=0.2, exclusion=0.35)
"""Zimmermann et al. 2021, as if all five conditions were paid alike: 4 practice and 3 catch trials; factor 1.35."""


def planned(slug: str, *, units: list[str] = UNITS, **settings: Any) -> list[StimulusSet]:
    design = registry.design(slug)
    return design.stimulus_sets(units=units, conditions=("natural", "synthetic"), settings=design.Settings(**settings))


def predicted(slug: str, *, units: list[str] = UNITS, batches: int | None = None, **settings: Any) -> Prediction:
    sets = planned(slug, units=units, **settings)
    return predict(sets=sets, images=registry.design(slug).IMAGES, sessions=NOBODY, batches=batches)


def stored(store: ArtifactStore) -> list[Manifest]:
    names = store.fs.ls(f"{store.root}/manifests", detail=False)
    return [Manifest.from_json(json.loads(store.fs.cat_file(name))) for name in names]


@pytest.mark.integration
@pytest.mark.parametrize(("slug", "settings"), [(SCALE, SMALL), (CAUSAL, {**SMALL, "stride": 8})])
def test_what_is_made_is_what_was_predicted(slug: str, settings: dict[str, Any], tmp_path: Path):
    workshop = new_workshop(tmp_path)

    made = [workshop.obtain(recipe) for recipe in planned(slug, **settings)]

    expected = predicted(slug, batches=made[0].values["batches"], **settings)
    assert sum(len(manifest.files) for manifest in made) == sum(expected.images.values())
    images: Counter[str] = Counter()
    for manifest in stored(workshop.store):
        # The map of a sweep is no stimulus, and its base is an exemplar.
        shown = [file for file in manifest.files if file.media_type == "image/png" and file.name not in ("map", "base")]
        images[manifest.recipe["kind"]] += len(shown)
    assert {kind: images[kind] for kind in expected.images} == expected.images
    assert sum(manifest.recipe["kind"] == "activation_index" for manifest in stored(workshop.store)) == expected.passes
    assert set(expected.seconds) == {*expected.images, "activation_index"} == set(measured_rates(stored(workshop.store)))


@pytest.mark.unit
@pytest.mark.parametrize("slug", SLUGS)
def test_every_part_that_a_paper_makes_is_foreseen(slug: str):
    assert set(registry.design(slug).IMAGES) == set(registry.part(slug, "stimuli").PARTS)


@pytest.mark.unit
def test_published_scale_study_takes_as_many_images_as_written_down_by_hand():
    units = [f"{MODEL}/_blocks.3:{channel}" for channel in range(20)] + [f"{MODEL}/_blocks.10:{channel}" for channel in range(64)]

    needed = predicted(SCALE, units=units)

    # Per unit 20 batches of ten minimal and ten maximal images, and nine synthetic ones a sign.
    assert needed.images == {"exemplars": 84 * 400, "feature_visualization": 84 * 18}
    assert (needed.passes, needed.pool_images) == (2, 2 * 1_300_000)


@pytest.mark.unit
def test_only_the_images_of_the_conditions_that_are_asked_count():
    design = registry.design(CAUSAL)
    sets = design.stimulus_sets(units=UNITS, conditions=["natural", "none"], settings=design.Settings(max_batches=10))

    needed = predict(sets=sets, images=design.IMAGES, sessions=NOBODY)

    assert needed.images == {"exemplars": 3 * 100, "occlusion": 3 * 20}


@pytest.mark.unit
def test_sets_asked_twice_are_made_once():
    sets = planned(SCALE)

    once, twice = (predict(sets=asked, images=registry.design(SCALE).IMAGES, sessions=NOBODY) for asked in (sets, sets * 2))

    assert twice == once


@pytest.mark.unit
def test_seconds_are_rates_times_megapixels():
    rates = {"activation_index": 1.0, "exemplars": 10.0, "feature_visualization": 100.0, "occlusion": 1000.0}
    settings = {"pool_size": 500, "pool_resolution": 100, "shown_size": 50, "size": 200, "steps": 30, "stride": 10, "patch": 0.4}

    needed = predict(sets=planned(CAUSAL, **settings), images=registry.design(CAUSAL).IMAGES, sessions=NOBODY, rates=rates)

    assert needed.seconds == pytest.approx(
        {
            # Two layers; 3 units of 10 batches; 7 x 7 positions of a square of 40 px.
            "activation_index": 2 * 500 * 0.01,
            "exemplars": 10 * 300 * 0.0025,
            "occlusion": 1000 * 30 * 49 * 0.01,
            "feature_visualization": 100 * 27 * 30 * 0.04,
        }
    )


@pytest.mark.unit
def test_nothing_to_make_and_nobody_to_ask_costs_nothing():
    needed = predict(sets=[], images={}, sessions=NOBODY)

    assert (needed.images, needed.seconds, needed.passes, needed.cost, needed.recruited) == ({}, {}, 0, 0, 0)


@pytest.mark.unit
def test_published_occlusion_study_costs_what_its_scripts_say():
    needed = predict(sets=[], images={}, sessions=replace(PUBLISHED, trial_seconds=12.0, other_seconds=60.0))

    # $2.34 with the fee, for 250 accepted sessions, times 1.35: $789.75.
    assert needed.cost == 78_975
    assert (needed.participants, needed.recruited) == (250, 338)
    assert (needed.main_answers, needed.trials) == (4500, 250 * 25)
    assert needed.minutes == 6.0


@pytest.mark.unit
@given(
    reward=st.integers(0, 10_000),
    wanted=st.integers(0, 2000),
    fee=st.integers(0, 100),
    exclusion=st.integers(0, 100),
)
def test_cost_is_exact_and_rounded_up(reward: int, wanted: int, fee: int, exclusion: int):
    sessions = replace(NOBODY, reward=reward, wanted=wanted, fee=fee / 100, exclusion=exclusion / 100)

    cost = predict(sets=[], images={}, sessions=sessions).cost

    assert cost == -(-reward * wanted * (100 + fee) * (100 + exclusion) // 10_000)


@pytest.mark.unit
@pytest.mark.parametrize(("one_model", "expected"), [(True, 2 * 3 * 63), (False, 2 * 63)])
def test_sessions_are_counted_by_model_only_where_a_session_has_one(one_model: bool, expected: int):
    units = ["googlenet.tf/mixed4a:1", "resnet50.in1k/layer1.0:2", "resnet50.in1k/layer1.0:3", "vit_b32.in1k/blocks.1:0"]

    assert session_count(units=units, conditions=["natural", "synthetic"], tasks=63, one_model=one_model) == expected


@pytest.mark.unit
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"images": {}}, "images"),
        ({"batches": 0}, "batches"),
        ({"batches": 21}, "batches"),
        ({"rates": {"exemplars": 1.0}}, "rates"),
        ({"rates": dict.fromkeys(("activation_index", "exemplars", "feature_visualization"), -1.0)}, "rates"),
        ({"rates": dict.fromkeys(("activation_index", "exemplars", "feature_visualization"), float("nan"))}, "rates"),
        ({"images": {"natural": PartImages(per_batch={"sound": 1}), "synthetic": PartImages()}}, "kind"),
        ({"sets": [StimulusSet(paper=SCALE, part="natural", unit=UNITS[0], settings={"max_batches": 3})]}, "settings"),
        ({"sets": [StimulusSet(paper=SCALE, part="natural", unit="nonsense", settings={})]}, "unit"),
    ],
)
def test_what_cannot_be_predicted_is_refused(changes: dict[str, Any], field: str):
    asked = {"sets": planned(SCALE), "images": registry.design(SCALE).IMAGES, "sessions": NOBODY, **changes}

    with pytest.raises(InputError) as caught:
        predict(**asked)

    assert caught.value.field == field


@pytest.mark.unit
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wanted", -1),
        ("main_trials", 1.5),
        ("other_trials", "3"),
        ("trial_seconds", -0.1),
        ("other_seconds", float("inf")),
        ("reward", 1.95),
        ("reward", -1),
        ("fee", -0.2),
        ("exclusion", float("nan")),
    ],
)
def test_sessions_that_cannot_be_are_refused(field: str, value: Any):
    with pytest.raises(InputError) as caught:
        replace(NOBODY, **{field: value})

    assert caught.value.field == field
