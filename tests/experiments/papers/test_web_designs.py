"""What the two web studies show in each of their conditions."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import registry
from experiments.contract.errors import InputError
from tests.experiments.papers.planned import CAUSAL, INDICES, SCALE, SEEDS, WEB, Made, evenly, made, of_kind, studies

pytestmark = pytest.mark.unit
HARDER = ["natural_medium", "natural_hard", "natural_very_hard", "synthetic_medium", "synthetic_hard", "synthetic_very_hard"]


@given(study=studies(WEB), seed=SEEDS, index=INDICES)
def test_plan_holds_as_many_trials_as_asked(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    kinds = Counter(trial.kind for trial in trials)
    assert (kinds["main"], kinds["catch"]) == (study.settings.main_trials, study.settings.catch_trials)
    assert len(trials) == 1 + kinds["main"] + kinds["catch"]


@given(study=studies(WEB), seed=SEEDS, index=INDICES)
def test_catch_trials_show_no_batch_of_a_main_trial_while_batches_suffice(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for unit in study.units:
        batches = [trial.batch for kind in ("main", "catch") for trial in of_kind(trials, kind) if trial.unit == unit]
        assert len(set(batches)) == min(len(batches), max(1, study.batches - 1))


@given(study=studies(WEB), tasks=st.integers(1, 20))
def test_catch_trials_ask_about_units_equally_often_over_tasks(study: Made, tasks: int):
    catch = [trial.unit for index in range(tasks) for trial in of_kind(study.plan(index, index=index), "catch")]

    assert evenly([catch.count(unit) for unit in study.units])


@pytest.mark.parametrize("slug", WEB)
def test_all_conditions_ask_about_the_same_units_and_batches(slug: str):
    conditions = registry.design(slug).CONDITIONS
    plans = [of_kind(made(slug, condition, units=9).plan(1, index=5), "main") for condition in conditions]

    assert len({tuple(sorted((trial.unit, trial.batch) for trial in plan)) for plan in plans}) == 1


def test_batches_of_the_causal_study_take_turns_with_the_tasks():
    study = made(CAUSAL, "natural", units=18, batches=11)

    for index in (0, 3, 9, 10, 23):
        main = of_kind(study.plan(1, index=index), "main")
        assert {trial.unit for trial in main} == set(study.units)
        assert {trial.batch for trial in main} == {index % 10}


@given(study=studies(WEB), seed=SEEDS, attempt=st.integers(1, 9))
def test_practice_is_as_long_as_asked_and_absent_without_references(study: Made, seed: int, attempt: int):
    asked = study.settings.practice_obvious + study.settings.practice_other

    assert len(study.practice(seed, attempt=attempt)) == (0 if study.condition == "none" else asked)


@pytest.mark.parametrize("slug", WEB)
def test_every_attempt_at_practice_is_another_draw(slug: str):
    study = made(slug, "natural")

    assert len({str(study.practice(1, attempt=attempt)) for attempt in range(1, 6)}) == 5


@given(study=studies([SCALE]), seed=SEEDS)
def test_catch_queries_of_the_scale_study_stand_among_the_references(study: Made, seed: int):
    for trial in of_kind(study.plan(seed), "catch"):
        shown = {side: [image for place, image in trial.images.items() if place.startswith(side)] for side in ("left", "right")}
        assert trial.images[f"query_{trial.correct}"] in shown["right"]
        assert trial.images[f"query_{study.wrong(trial)}"] in shown["left"]


@given(study=studies([SCALE]), seed=SEEDS)
def test_scale_trial_shows_nine_references_a_side_and_the_most_extreme_first(study: Made, seed: int):
    for trial in [*study.plan(seed), *study.practice(seed)]:
        for side, sign in (("left", "min"), ("right", "max")):
            names = [trial.images[f"{side}_{i}"].name.rpartition("/")[2] for i in range(9)]
            assert names[0] == f"{sign}_8"
            assert sorted(names) == [f"{sign}_{i}" for i in range(9)]


@pytest.mark.parametrize("condition", HARDER)
def test_harder_queries_stand_in_main_trials_alone(condition: str):
    study = made(SCALE, condition)
    references, _, difficulty = condition.partition("_")

    for trial in [*study.plan(3), *study.practice(3)]:
        parts = {
            place.partition("_")[0]: study.sets[image.digest].recipe["part"]
            for place, image in trial.images.items()
            if trial.kind == "main" or place.startswith(("left", "right"))
        }
        queries = {"query": difficulty} if trial.kind == "main" else {}
        assert parts == {"left": references, "right": references, **queries}
    assert {study.sets[image.digest].recipe["part"] for image in study.plan(3)[0].images.values()} == {references, "natural"}


@pytest.mark.parametrize(
    ("condition", "least"), [("natural", 20), ("natural_very_hard", 60), ("synthetic_hard", 180), ("natural_medium", 900)]
)
def test_harder_queries_need_a_pool_beyond_one_batch_of_references(condition: str, least: int):
    design = registry.design(SCALE)

    def sets(pool_size: int) -> int:
        settings = design.Settings(pool_size=pool_size)
        return len(design.stimulus_sets(units=["efficientnet_lite0.in1k/_blocks.1:1"], conditions=[condition], settings=settings))

    assert sets(least) > 0
    with pytest.raises(InputError) as raised:
        sets(least - 1)
    assert raised.value.field == "pool_size"
    assert str(least) in raised.value.remedy


@given(study=studies([CAUSAL]), seed=SEEDS)
def test_wrong_copy_in_catch_trials_of_the_causal_study_is_of_another_image(study: Made, seed: int):
    for trial in of_kind(study.plan(seed), "catch"):
        assert study.name_of(trial.images["base"].digest) == trial.unit
        assert study.name_of(trial.images[f"query_{trial.correct}"].digest) == trial.unit
        assert study.name_of(trial.images[f"query_{study.wrong(trial)}"].digest) != trial.unit


@given(study=studies([CAUSAL]), seed=SEEDS)
def test_causal_trial_shows_nine_references_or_none(study: Made, seed: int):
    expected = [] if study.condition == "none" else [f"reference_{i}" for i in range(9)]
    for trial in [*study.plan(seed), *study.practice(seed)]:
        assert sorted(place for place in trial.images if place.startswith("reference")) == expected
        assert {"base", "query_left", "query_right"} <= set(trial.images)


@given(seed=SEEDS, index=INDICES)
def test_mixed_references_are_the_five_strongest_natural_ones_and_then_four_synthetic(seed: int, index: int):
    study = made(CAUSAL, "mixed")

    for trial in study.plan(seed, index=index):
        references = [trial.images[f"reference_{i}"] for i in range(9)]
        parts = [study.sets[image.digest].recipe["part"] for image in references]
        assert parts == ["natural"] * 5 + ["mixed"] * 4
        assert {image.name for image in references[:5]} == {f"batch{trial.batch}/reference_{i}" for i in range(4, 9)}
        assert {image.name for image in references[5:]} == {f"reference_{i}" for i in range(4)}


def test_blurred_references_are_those_of_the_batch():
    study = made(CAUSAL, "blur")

    for trial in study.plan(4):
        references = [trial.images[f"reference_{i}"] for i in range(9)]
        assert {study.sets[image.digest].recipe["part"] for image in references} == {"blur"}
        assert {image.name for image in references} == {f"batch{trial.batch}/reference_{i}" for i in range(9)}


def effect(**changes: object) -> dict[str, object]:
    return {"relative_difference": 0.25, "center": "max", "variance": "min", "saliency": None, **changes}


@given(seed=SEEDS, condition=st.sampled_from(registry.design(CAUSAL).CONDITIONS))
def test_main_trials_of_the_causal_study_say_how_much_the_squares_matter_and_what_baselines_choose(seed: int, condition: str):
    effects = [effect(relative_difference=number / 10) for number in range(4)]
    study = made(CAUSAL, condition, batches=4, values={"effects": effects})

    for trial in study.plan(seed):
        if trial.kind == "catch":
            assert trial.about == {}
            continue
        assert trial.about == {
            "relative_difference": trial.batch / 10,
            "baseline_center": trial.correct,
            "baseline_variance": study.wrong(trial),
        }


def test_what_is_not_defined_is_left_out():
    nothing = effect(relative_difference=None, center=None, variance=None)
    study = made(CAUSAL, "natural", batches=2, values={"effects": [nothing] * 2})

    assert {str(trial.about) for trial in study.plan(1)} == {"{}"}


@pytest.mark.parametrize("count", [0, 1])
def test_causal_study_needs_another_unit_for_its_catch_trials(count: int):
    design = registry.design(CAUSAL)
    units = ["efficientnet_lite0.in1k/_blocks.1:1"][:count]

    with pytest.raises(InputError) as raised:
        design.stimulus_sets(units=units, conditions=["natural"], settings=design.Settings())

    assert raised.value.field == "units"
