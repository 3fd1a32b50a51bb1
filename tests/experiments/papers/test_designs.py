"""What every design promises of its plans, in every condition, whatever the units, the settings and the seed."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments import registry
from experiments.contract.designs import CHOICES
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from tests.experiments.papers.planned import (
    CAUSAL,
    CONDITIONS,
    INDICES,
    LABORATORY,
    SCALE,
    SEEDS,
    SLUGS,
    Made,
    asked,
    conditions_of,
    evenly,
    made,
    of_kind,
    studies,
)

pytestmark = pytest.mark.unit


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_begins_with_its_only_example(study: Made, seed: int, index: int):
    example, *others = study.plan(seed, index=index)

    assert example.kind == "example"
    assert {trial.kind for trial in others} <= {"rating", "practice", "main", "catch"}


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_asks_about_units_equally_often(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for condition in conditions_of(trials):
        main = of_kind(trials, "main", condition)
        assert evenly([sum(trial.unit == unit for trial in main) for unit in study.units])


@given(study=studies([CAUSAL]), seed=SEEDS, index=INDICES)
def test_plan_without_feedback_puts_the_right_answer_on_each_side_equally_often(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for kind in ("main", "catch"):
        sides = [trial.correct for trial in of_kind(trials, kind)]
        assert evenly([sides.count(choice) for choice in CHOICES[study.design.TASK]])


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_plans_put_the_right_answer_on_each_side_half_of_the_time(slug: str, condition: str):
    study = made(slug, condition, units=6, batches=6, main_trials=12, catch_trials=4)
    plans = [[*study.plan(seed, index=seed), *study.practice(seed)] for seed in range(100)]

    # Without references there is no practice.
    for kind in ("main", "catch") if condition == "none" else ("main", "catch", "practice"):
        sides = Counter(trial.correct for plan in plans for trial in of_kind(plan, kind))
        assert stats.binomtest(sides[CHOICES[study.design.TASK][0]], sides.total()).pvalue > 0.001


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_repeats_no_unit_and_batch_in_a_condition_while_batches_suffice(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for condition in conditions_of(trials):
        main = of_kind(trials, "main", condition)
        appearances = Counter(trial.unit for trial in main)
        distinct = {(trial.unit, trial.batch) for trial in main}
        assert len(distinct) == sum(min(count, max(1, study.batches - 1)) for count in appearances.values())


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_keeps_the_last_batch_for_all_but_main_trials(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    kept = study.batches - 1
    assert {trial.batch for trial in [*trials, *study.practice(seed)] if trial.kind in ("example", "practice", "rating")} == {
        kept
    }
    assert study.batches == 1 or kept not in {trial.batch for trial in of_kind(trials, "main")}


@given(study=studies(), seeds=st.tuples(SEEDS, SEEDS), index=INDICES)
def test_a_task_fixes_units_and_batches_whoever_does_it(study: Made, seeds: tuple[int, int], index: int):
    one, other = (study.plan(seed, index=index) for seed in seeds)

    assert asked(one) == asked(other)


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_the_same_seed_gives_the_same_plan(study: Made, seed: int, index: int):
    assert study.plan(seed, index=index) == study.plan(seed, index=index)
    assert study.practice(seed) == study.practice(seed)


@given(study=studies(), seed=SEEDS, tasks=st.integers(1, 8))
def test_tasks_ask_about_every_unit_and_batch_equally_often(study: Made, seed: int, tasks: int):
    # Experiment II of the laboratory exchanges the units of its conditions over four tasks.
    tasks *= 4

    main = [trial for index in range(tasks) for trial in of_kind(study.plan(seed + index, index=index), "main")]

    for condition in conditions_of(main):
        units = Counter(trial.unit for trial in main if trial.condition == condition)
        assert evenly([units[unit] for unit in study.units])
        assert sum(units.values()) % len(study.units) or len(set(units.values())) == 1
        shown = Counter((trial.unit, trial.batch) for trial in main if trial.condition == condition)
        for unit in study.units:
            assert evenly([shown[unit, batch] for batch in range(max(1, study.batches - 1))])


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_participants_of_one_task_share_no_order(slug: str, condition: str):
    study = made(slug, condition, units=20, batches=20)
    plans = [study.plan(seed, index=3) for seed in range(20)]

    orders = [tuple((trial.kind, trial.unit, trial.batch) for trial in plan[1:]) for plan in plans]
    sides = [tuple(trial.correct for trial in of_kind(plan, "main")) for plan in plans]
    references = [str([trial.images for trial in sorted(plan[1:], key=str)]) for plan in plans]
    assert len(set(orders)) == len(set(sides)) == len(set(references)) == 20


@given(study=studies(), seed=SEEDS)
def test_correct_side_shows_the_image_that_activates_more(study: Made, seed: int):
    for trial in study.plan(seed):
        if trial.kind in ("main", "example", "practice"):
            right = trial.images[f"query_{trial.correct}"].name.rpartition("/")[2]
            wrong = trial.images[f"query_{study.wrong(trial)}"].name.rpartition("/")[2]
            assert (right.partition("_")[0], wrong.partition("_")[0]) == ("max", "min")


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_queries_of_a_main_trial_stand_among_no_references(study: Made, seed: int, index: int):
    for trial in of_kind(study.plan(seed, index=index), "main"):
        images = [(image.digest, image.name) for image in trial.images.values()]
        assert len(set(images)) == len(images)


@given(study=studies(), seed=SEEDS)
def test_images_of_a_trial_are_its_units_own_but_for_the_wrong_answer_of_obvious_ones(study: Made, seed: int):
    for trial in [*study.plan(seed), *study.practice(seed)]:
        foreign = {place for place, image in trial.images.items() if study.name_of(image.digest) != trial.unit}
        assert not foreign or (foreign == {f"query_{study.wrong(trial)}"} and trial.kind in ("catch", "practice"))


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_plan_is_made_for_any_part_of_the_units(slug: str, condition: str, count: int):
    study = made(slug, condition, units=7, main_trials=5)
    units = study.units[-count:]

    if slug == CAUSAL and count == 1:
        with pytest.raises(InputError) as raised:
            study.plan(1, units=units)
        assert raised.value.field == "units"
        return

    asked_about = {trial.unit for trial in study.plan(1, index=2, units=units)}
    assert asked_about == set(units)


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_stimuli_of_no_units_are_refused(slug: str, condition: str):
    design = registry.design(slug)

    with pytest.raises(InputError) as raised:
        design.stimulus_sets(units=[], conditions=[condition], settings=design.Settings())

    assert raised.value.field == "units"


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_stimuli_are_only_those_that_the_condition_shows(slug: str, condition: str):
    study = made(slug, condition)

    trials = [trial for seed in range(20) for trial in [*study.plan(seed), *study.practice(seed)]]
    shown = {image.digest for trial in trials for image in trial.images.values()}

    assert shown == set(study.sets)


@pytest.mark.parametrize(
    ("slug", "published"),
    [
        (SCALE, {"main_trials": 40, "catch_trials": 5, "practice_obvious": 4, "practice_other": 1, "tasks": 63}),
        (CAUSAL, {"main_trials": 18, "catch_trials": 3, "practice_obvious": 1, "practice_other": 3, "tasks": 50}),
        (LABORATORY, {"main_trials": 45, "catch_trials": 3, "practice_trials": 5, "grid_catch_trials": 2, "tasks": 10}),
    ],
)
def test_defaults_are_the_published_session_and_the_demo_is_a_smaller_one(slug: str, published: dict[str, int]):
    design = registry.design(slug)

    settings, demo = design.Settings(), build(design.Settings, design.DEMO)

    assert {name: getattr(settings, name) for name in published} == published
    assert demo.main_trials < settings.main_trials
    assert demo.steps < settings.steps


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("name", "value"), [("main_trials", 0), ("catch_trials", -1), ("tasks", 0), ("max_batches", 0)])
def test_sessions_that_cannot_be_are_refused(slug: str, name: str, value: Any):
    with pytest.raises(InputError) as caught:
        build(registry.design(slug).Settings, {name: value})

    assert caught.value.field == name


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_a_pool_that_cannot_carry_one_batch_is_refused_before_anything_is_made(slug: str, condition: str):
    design = registry.design(slug)

    with pytest.raises(InputError) as caught:
        design.stimulus_sets(
            units=["efficientnet_lite0.in1k/_blocks.1:1", "efficientnet_lite0.in1k/_blocks.1:2"],
            conditions=[condition],
            settings=design.Settings(pool_size=9),
        )

    assert caught.value.field == "pool_size"


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_a_unit_that_cannot_have_the_diversity_of_the_settings_is_refused_before_anything_is_made(slug: str, condition: str):
    design = registry.design(slug)

    with pytest.raises(InputError) as caught:
        design.stimulus_sets(
            units=["vit_base_patch32_224.augreg_in1k/blocks.3:1", "vit_base_patch32_224.augreg_in1k/head:2"],
            conditions=[condition],
            settings=design.Settings(),
        )

    assert caught.value.field == "diversity"


@pytest.mark.parametrize(
    ("slug", "condition", "published"),
    [
        (CAUSAL, "natural", {"total_time": (90, 900), "side_variability": (1, None), "catch_ratio": (0.6, None)}),
        (CAUSAL, "none", {"total_time": (40, 900), "instruction_time": (15, None)}),
        (SCALE, "natural", {"total_time": (135, 2500), "side_variability": (5, None), "practice_attempts": (None, 3)}),
    ],
)
def test_quality_rules_are_the_published_ones_and_follow_the_length_of_a_session(
    slug: str, condition: str, published: dict[str, tuple[float | None, float | None]]
):
    design = registry.design(slug)

    rules = {rule.name: rule for rule in design.quality_rules(condition=condition, settings=design.Settings())}
    whole = design.Settings()
    doubled = build(design.Settings, {"main_trials": 2 * whole.main_trials, "catch_trials": 2 * whole.catch_trials})
    longer = {rule.name: rule for rule in design.quality_rules(condition=condition, settings=doubled)}

    assert {name: (rules[name].low, rules[name].high) for name in published} == published
    assert longer["total_time"].low == 2 * rules["total_time"].low
    assert longer["catch_ratio"] == rules["catch_ratio"]
    for trials in (1, 8, 9, 100):
        settings = build(design.Settings, {"main_trials": trials, "catch_trials": 0})
        lows = {rule.name: rule.low for rule in design.quality_rules(condition=condition, settings=settings)}
        # A rule that nobody can fail is none.
        assert lows.get("side_variability", 1) >= 1
