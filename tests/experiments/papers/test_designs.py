"""What every design promises of its plans, whatever the units, the settings and the seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import registry
from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, Design, PlannedTrial
from experiments.contract.errors import InputError
from experiments.contract.fields import build

pytestmark = pytest.mark.unit
SLUGS = [slug for slug, paper in registry.experiments().items() if paper.asks_people]
SCALE, CAUSAL = "zimmermann2023_scale", "zimmermann2021_causal"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A design with everything that its plans need."""

    design: Design
    condition: str
    units: Sequence[str]
    settings: Any
    sets: Mapping[str, Manifest]
    batches: int

    def plan(self, seed: int, *, index: int = 0) -> list[PlannedTrial]:
        return self.design.plan(
            seed, index=index, condition=self.condition, units=self.units, settings=self.settings, sets=self.sets
        )

    def practice(self, seed: int, *, attempt: int = 1) -> list[PlannedTrial]:
        return self.design.practice(
            seed, attempt=attempt, condition=self.condition, units=self.units, settings=self.settings, sets=self.sets
        )

    def name_of(self, digest: str) -> str:
        """The unit of an artifact."""
        return str(self.sets[digest].recipe["unit"])


def made(slug: str, condition: str, *, units: int = 4, batches: int = 4, **settings: int) -> Made:
    design = registry.design(slug)
    checked = build(design.Settings, settings)
    addresses = [f"efficientnet_lite0.in1k/_blocks.10:{number}" for number in range(units)]
    recipes = design.stimulus_sets(units=addresses, conditions=design.CONDITIONS, settings=checked)
    sets = {
        recipe.digest: Manifest(
            digest=recipe.digest, recipe=recipe.as_json(), files=(), values={"batches": batches}, parents=(), provenance={}
        )
        for recipe in recipes
    }
    return Made(design=design, condition=condition, units=addresses, settings=checked, sets=sets, batches=batches)


@st.composite
def studies(draw: st.DrawFn, slugs: Sequence[str] = SLUGS) -> Made:
    slug = draw(st.sampled_from(slugs))
    return made(
        slug,
        draw(st.sampled_from(registry.design(slug).CONDITIONS)),
        units=draw(st.integers(2, 7)),
        batches=draw(st.integers(1, 6)),
        main_trials=draw(st.integers(1, 24)),
        catch_trials=draw(st.integers(0, 5)),
        practice_obvious=draw(st.integers(0, 3)),
        practice_other=draw(st.integers(0, 3)),
    )


SEEDS = st.integers(0, 2**56 - 1)
INDICES = st.integers(0, 100)


def of_kind(trials: Sequence[PlannedTrial], kind: str) -> list[PlannedTrial]:
    return [trial for trial in trials if trial.kind == kind]


def evenly(counts: Sequence[int]) -> bool:
    return max(counts) - min(counts) <= 1


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_holds_an_example_and_as_many_trials_as_asked(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    kinds = Counter(trial.kind for trial in trials[1:])
    assert trials[0].kind == "example"
    assert (kinds["main"], kinds["catch"]) == (study.settings.main_trials, study.settings.catch_trials)
    assert len(trials) == 1 + kinds["main"] + kinds["catch"]


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_asks_about_units_equally_often(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for kind in ("main", "catch"):
        assert evenly([sum(trial.unit == unit for trial in of_kind(trials, kind)) for unit in study.units])


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_puts_the_right_answer_on_each_side_equally_often(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    for kind in ("main", "catch"):
        sides = [trial.correct for trial in of_kind(trials, kind)]
        assert evenly([sides.count(choice) for choice in CHOICES[study.design.TASK]])


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_repeats_no_unit_and_batch_while_batches_suffice(study: Made, seed: int, index: int):
    main = of_kind(study.plan(seed, index=index), "main")

    appearances = Counter(trial.unit for trial in main)
    distinct = {(trial.unit, trial.batch) for trial in main}
    enough = max(1, study.batches - 1)
    assert len(distinct) == sum(min(count, enough) for count in appearances.values())


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_plan_keeps_the_last_batch_for_example_and_practice(study: Made, seed: int, index: int):
    example, *asked = study.plan(seed, index=index)

    kept = study.batches - 1
    assert {example.batch, *(trial.batch for trial in study.practice(seed))} == {kept}
    assert study.batches == 1 or kept not in {trial.batch for trial in asked}


@given(slug=st.sampled_from(SLUGS), batches=st.integers(1, 6), appearances=st.integers(1, 4), sessions=st.integers(1, 8))
def test_batches_of_a_unit_are_shown_equally_often_over_sessions(slug: str, batches: int, appearances: int, sessions: int):
    study = made(slug, "natural", units=3, batches=batches, main_trials=3 * appearances)

    main = [trial for index in range(sessions) for trial in of_kind(study.plan(index, index=index), "main")]

    shown = Counter((trial.unit, trial.batch) for trial in main)
    assert evenly([shown[unit, batch] for unit in study.units for batch in range(max(1, batches - 1))])


@given(study=studies(), seed=SEEDS, index=INDICES)
def test_the_same_seed_gives_the_same_plan(study: Made, seed: int, index: int):
    assert study.plan(seed, index=index) == study.plan(seed, index=index)
    assert study.practice(seed) == study.practice(seed)


@pytest.mark.parametrize("slug", SLUGS)
def test_other_seeds_and_attempts_give_other_draws(slug: str):
    study = made(slug, "natural")

    assert len({str(study.plan(seed)) for seed in range(5)}) == 5
    assert len({str(study.practice(1, attempt=attempt)) for attempt in range(1, 6)}) == 5


@given(study=studies(), seed=SEEDS)
def test_correct_side_shows_the_image_that_activates_more(study: Made, seed: int):
    for trial in [*of_kind(study.plan(seed), "main"), *of_kind(study.plan(seed), "example")]:
        right = trial.images[f"query_{trial.correct}"].name.rpartition("/")[2]
        wrong = next(choice for choice in CHOICES[study.design.TASK] if choice != trial.correct)
        left_over = trial.images[f"query_{wrong}"].name.rpartition("/")[2]
        assert (right.partition("_")[0], left_over.partition("_")[0]) == ("max", "min")


@given(study=studies(), seed=SEEDS)
def test_images_of_a_trial_are_its_units_own_but_for_the_wrong_answer_of_obvious_ones(study: Made, seed: int):
    for trial in [*study.plan(seed), *study.practice(seed)]:
        foreign = {place for place, image in trial.images.items() if study.name_of(image.digest) != trial.unit}
        wrong = {f"query_{choice}" for choice in CHOICES[study.design.TASK] if choice != trial.correct}
        assert not foreign or (foreign == wrong and trial.kind in ("catch", "practice"))


@given(study=studies([SCALE]), seed=SEEDS)
def test_catch_queries_of_the_scale_study_stand_among_the_references(study: Made, seed: int):
    for trial in of_kind(study.plan(seed), "catch"):
        shown = {side: [image for place, image in trial.images.items() if place.startswith(side)] for side in ("left", "right")}
        other = "lower" if trial.correct == "upper" else "upper"
        assert trial.images[f"query_{trial.correct}"] in shown["right"]
        assert trial.images[f"query_{other}"] in shown["left"]


@given(study=studies([CAUSAL]), seed=SEEDS)
def test_wrong_copy_in_catch_trials_of_the_causal_study_is_of_another_image(study: Made, seed: int):
    for trial in of_kind(study.plan(seed), "catch"):
        other = "right" if trial.correct == "left" else "left"
        assert study.name_of(trial.images["base"].digest) == trial.unit
        assert study.name_of(trial.images[f"query_{trial.correct}"].digest) == trial.unit
        assert study.name_of(trial.images[f"query_{other}"].digest) != trial.unit


@given(study=studies([SCALE]), seed=SEEDS)
def test_scale_trial_shows_nine_references_a_side_and_the_most_extreme_first(study: Made, seed: int):
    for trial in [*study.plan(seed), *study.practice(seed)]:
        for side, sign in (("left", "min"), ("right", "max")):
            names = [trial.images[f"{side}_{i}"].name.rpartition("/")[2] for i in range(9)]
            assert names[0] == f"{sign}_8"
            assert sorted(names) == [f"{sign}_{i}" for i in range(9)]


@given(study=studies([CAUSAL]), seed=SEEDS)
def test_causal_trial_shows_nine_references_or_none(study: Made, seed: int):
    expected = [] if study.condition == "none" else [f"reference_{i}" for i in range(9)]
    for trial in [*study.plan(seed), *study.practice(seed)]:
        assert sorted(place for place in trial.images if place.startswith("reference")) == expected
        assert {"base", "query_left", "query_right"} <= set(trial.images)


@given(study=studies(), seed=SEEDS, attempt=st.integers(1, 9))
def test_practice_is_as_long_as_asked_and_absent_without_references(study: Made, seed: int, attempt: int):
    asked = study.settings.practice_obvious + study.settings.practice_other

    assert len(study.practice(seed, attempt=attempt)) == (0 if study.condition == "none" else asked)


@pytest.mark.parametrize(("slug", "published"), [(SCALE, (40, 5, 4, 1)), (CAUSAL, (18, 3, 1, 3))])
def test_defaults_are_the_published_session_and_the_demo_is_a_smaller_one(slug: str, published: tuple[int, ...]):
    design = registry.design(slug)

    settings, demo = design.Settings(), build(design.Settings, design.DEMO)

    assert (settings.main_trials, settings.catch_trials, settings.practice_obvious, settings.practice_other) == published
    assert demo.main_trials < settings.main_trials
    assert demo.steps < settings.steps


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("name", "value"), [("main_trials", 0), ("catch_trials", -1), ("practice_other", -1)])
def test_sessions_that_cannot_be_are_refused(slug: str, name: str, value: int):
    with pytest.raises(InputError) as caught:
        build(registry.design(slug).Settings, {name: value})

    assert caught.value.field == name
