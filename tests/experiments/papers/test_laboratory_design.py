"""The sessions of the laboratory study: which block follows which, what it shows, what is asked again."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import registry
from experiments.contract.designs import AnsweredTrial, PlannedTrial
from tests.experiments.papers.planned import INDICES, LABORATORY, SEEDS, Made, conditions_of, made, of_kind, studies

pytestmark = pytest.mark.unit
DESIGN = registry.design(LABORATORY)
GRID = ["max_1", "minmax_1", "max_9", "minmax_9"]


def experiment_1(**settings: int) -> Made:
    return made(LABORATORY, "experiment_1", units=45, batches=20, **settings)


def experiment_2(**settings: int) -> Made:
    return made(LABORATORY, "experiment_2", units=20, batches=20, **settings)


def blocks(trials: Sequence[PlannedTrial]) -> list[list[PlannedTrial]]:
    return [list(of_block) for _, of_block in groupby(trials[1:], key=lambda trial: trial.block)]


def outline(trials: Sequence[PlannedTrial]) -> list[tuple[str, str, int, int]]:
    """Of each block its kind, its condition, its main trials (or all, of another kind), its catch trials."""
    lines = []
    for block in blocks(trials):
        kinds = Counter(trial.kind for trial in block)
        (condition,) = {trial.condition for trial in block}
        catch = kinds.pop("catch", 0)
        ((kind, count),) = kinds.items()
        lines.append((kind, condition, count, catch))
    return lines


def test_experiment_1_has_the_published_sequence():
    guided = [("main", "synthetic", 15, 3), ("main", "natural", 15, 3)]

    assert outline(experiment_1().plan(1, index=0)) == [
        ("rating", "", 3, 0),
        ("practice", "none", 5, 0),
        ("main", "none", 12, 0),
        ("main", "none", 11, 0),
        ("practice", "synthetic", 5, 0),
        ("practice", "natural", 5, 0),
        *guided * 3,
        ("main", "none", 11, 0),
        ("main", "none", 11, 0),
    ]


def test_experiment_1_changes_its_order_and_its_longer_block_with_the_task():
    plans = [outline(experiment_1().plan(1, index=index)) for index in range(4)]

    assert [plan[4][1] for plan in plans] == ["synthetic", "natural"] * 2
    assert [plan[6][1] for plan in plans] == ["synthetic", "natural"] * 2
    none = [[count for kind, condition, count, _ in plan if (kind, condition) == ("main", "none")] for plan in plans]
    assert none == [[12, 11, 11, 11], [11, 12, 11, 11], [11, 11, 12, 11], [11, 11, 11, 12]]


@pytest.mark.parametrize("index", [0, 7, 18, 19])
def test_experiment_1_asks_about_every_unit_once_in_each_condition_with_other_batches(index: int):
    trials = experiment_1().plan(1, index=index)

    for offset, condition in enumerate(("none", "natural", "synthetic")):
        main = of_kind(trials, "main", condition)
        assert len({trial.unit for trial in main}) == len(main) == 45
        assert {trial.batch for trial in main} == {(index + offset) % 19}


def test_experiment_2_has_the_published_orders():
    first = [outline(experiment_2().plan(1, index=index)) for index in range(8)]

    orders = [[line[1].partition("_")[2] for line in plan[1:-1:6]] for plan in first]
    assert (
        orders
        == [
            ["max_1", "minmax_1", "max_9", "minmax_9"],
            ["max_1", "max_9", "minmax_1", "minmax_9"],
            ["minmax_9", "minmax_1", "max_9", "max_1"],
            ["minmax_9", "max_9", "minmax_1", "max_1"],
        ]
        * 2
    )
    assert [plan[1][1].partition("_")[0] for plan in first] == ["natural"] * 4 + ["synthetic"] * 4
    of_one = [("practice", 3, 0)] * 2 + [("main", 10, 2)] * 4
    shapes = [(kind, count, catch) for kind, _, count, catch in first[0]]
    assert shapes == [("rating", 3, 0), *of_one * 4, ("rating", 3, 0)]
    assert [line[1] for line in first[0][1:7]] == ["natural_max_1", "synthetic_max_1"] * 3


def test_experiment_2_asks_about_every_unit_once_in_each_of_eight_conditions_with_other_batches():
    trials = experiment_2().plan(1, index=6)

    conditions = conditions_of(trials)
    assert conditions == {f"{references}_{group}" for references in ("natural", "synthetic") for group in GRID}
    for condition in conditions:
        assert len({trial.unit for trial in of_kind(trials, "main", condition)}) == 20
    assert len({(trial.unit, trial.batch) for trial in of_kind(trials, "main")}) == 160


def test_experiment_2_exchanges_many_units_among_its_conditions_over_four_tasks():
    study = made(LABORATORY, "experiment_2", units=80, batches=20, main_trials=20)
    plans = [study.plan(1, index=index) for index in range(4)]

    for group in GRID:
        asked = [{trial.unit for trial in of_kind(plan, "main", f"natural_{group}")} for plan in plans]
        assert set().union(*asked) == set(study.units)
        assert asked == [{trial.unit for trial in of_kind(plan, "main", f"synthetic_{group}")} for plan in plans]


@given(study=studies([LABORATORY]), seed=SEEDS, index=INDICES)
def test_blocks_are_numbered_without_a_gap_and_hold_one_condition(study: Made, seed: int, index: int):
    trials = study.plan(seed, index=index)

    assert [block[0].block for block in blocks(trials)] == list(range(len(blocks(trials))))
    assert all(
        len({(trial.condition, trial.kind == "practice", trial.kind == "rating") for trial in block}) == 1
        for block in blocks(trials)
    )


@given(study=studies([LABORATORY]), seed=SEEDS, index=INDICES)
def test_each_condition_shows_its_groups_of_references(study: Made, seed: int, index: int):
    for trial in study.plan(seed, index=index):
        if trial.kind == "rating":
            continue
        group = trial.condition.partition("_")[2] or "minmax_9"
        count = 0 if trial.condition == "none" else int(group.partition("_")[2])
        left = [f"left_{i}" for i in range(count)] if group.startswith("minmax") else []
        right = [f"right_{i}" for i in range(count)]
        assert set(trial.images) == {*left, *right, "query_upper", "query_lower"}
        names = {trial.images[place].name.rpartition("/")[2] for place in right}
        assert names == {f"max_{8 - i}" for i in range(count)}
        parts = {study.sets[trial.images[place].digest].recipe["part"] for place in (*left, *right)}
        assert parts <= {trial.condition.partition("_")[0]}


@given(study=studies([LABORATORY]), seed=SEEDS, index=INDICES)
def test_catch_queries_of_the_laboratory_stand_among_the_references(study: Made, seed: int, index: int):
    for trial in of_kind(study.plan(seed, index=index), "catch"):
        references = {
            side: [image for place, image in trial.images.items() if place.startswith(side)] for side in ("left", "right")
        }
        wrong = trial.images[f"query_{study.wrong(trial)}"]
        assert trial.images[f"query_{trial.correct}"] in references["right"]
        # Where no minimal references are shown, the wrong query is one that could be.
        assert wrong in references["left"] or "_max_" in trial.condition
        assert wrong.name.rpartition("/")[2].startswith("min_")
        assert not wrong.name.endswith("_9")


def test_ratings_show_natural_images_beside_synthetic_ones_of_the_same_three_units():
    one, other = (experiment_2().plan(seed, index=seed) for seed in (1, 2))
    study = experiment_2()

    for trial in of_kind(one, "rating"):
        assert trial.correct == ""
        assert len(trial.images) == 18
        for side, part in (("left", "natural"), ("right", "synthetic")):
            images = [trial.images[f"{side}_{i}"] for i in range(9)]
            assert {study.sets[image.digest].recipe["part"] for image in images} == {part}
            assert all(image.name.rpartition("/")[2].startswith("max_") for image in images)
    assert len({trial.unit for trial in of_kind(one, "rating")}) == 3
    assert Counter(trial.unit for trial in of_kind(one, "rating")) == Counter(trial.unit for trial in of_kind(other, "rating"))


def answered(counts: dict[str, list[int | None]], kind: str = "main") -> list[AnsweredTrial]:
    """Answered trials: of each condition one for each of these confidences."""
    pairs = [(condition, confidence) for condition, of_one in counts.items() for confidence in of_one]
    return [
        AnsweredTrial(position=position, kind=kind, condition=condition, confidence=confidence, correct=True)  # type: ignore[arg-type]
        for position, (condition, confidence) in enumerate(pairs, start=1)
    ]


def test_repeats_are_the_least_and_the_most_confident_of_each_condition():
    given_answers = answered({name: [2] * 20 + [1] * 3 + [3] * 3 for name in ("none", "natural", "synthetic")})
    expected = {trial.position for trial in given_answers if trial.confidence != 2}

    positions = DESIGN.repeats(5, answered=given_answers, settings=DESIGN.Settings())

    assert len(positions) == 18
    assert set(positions) == expected
    conditions = [given_answers[position - 1].condition for position in positions]
    assert [len(list(group)) for _, group in groupby(conditions)] == [6, 6, 6]


def test_repeats_leave_ties_to_the_seed():
    tied = answered({"none": [2] * 30})

    draws = [DESIGN.repeats(seed, answered=tied, settings=DESIGN.Settings()) for seed in (1, 1, 2)]

    assert draws[0] == draws[1]
    assert set(draws[0]) != set(draws[2])
    assert DESIGN.repeats(1, answered=tied[::-1], settings=DESIGN.Settings()) == draws[0]


@given(confidences=st.lists(st.sampled_from([1, 2, 3, None]), max_size=12), repeats=st.integers(0, 5), seed=SEEDS)
def test_repeats_ask_no_trial_twice_and_fewer_where_there_are_fewer(confidences: list[int | None], repeats: int, seed: int):
    trials = [*answered({"natural": confidences}), *answered({"natural": [1, 3]}, kind="catch")]
    rated = [trial for trial in trials if trial.kind == "main" and trial.confidence]

    positions = DESIGN.repeats(seed, answered=trials, settings=DESIGN.Settings(repeats=repeats))

    assert len(set(positions)) == len(positions) == min(2 * repeats, len(rated))
    assert set(positions) <= {trial.position for trial in rated}


def test_nothing_is_asked_again_in_experiment_2():
    trials = answered({"natural_max_9": [1, 2, 3], "synthetic_minmax_1": [3, 3, 1]})

    assert DESIGN.repeats(1, answered=trials, settings=DESIGN.Settings()) == []


def test_nobody_is_excluded_by_a_rule():
    assert [DESIGN.quality_rules(condition=condition, settings=DESIGN.Settings()) for condition in DESIGN.CONDITIONS] == [(), ()]
