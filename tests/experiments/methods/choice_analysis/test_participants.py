"""Cohorts, trials answered twice, and ratings."""

import pytest
from scipy import stats

from experiments.methods.choice_analysis.participants import (
    ALL_UNITS,
    cohorts_table,
    participant_table,
    ratings_table,
    repeats_table,
)
from tests.experiments.methods.choice_analysis.frames import answers, main
from tests.experiments.methods.response_tables import Row, row

pytestmark = pytest.mark.unit
BY = ("group", "condition")


def scored(session: str, right: int, of: int = 10, **values: str) -> list[Row]:
    return [row(session, correct=int(i < right), **values) for i in range(of)]


def test_people_and_experts_are_compared_over_participants():
    people, experts = [5, 6, 7, 4], [8, 9, 7]
    rows = [one for i, right in enumerate(people) for one in scored(f"p{i}", right)]
    rows += [one for i, right in enumerate(experts) for one in scored(f"e{i}", right, cohort="expert")]
    rows += scored("b", 10, kind="bot")

    table = participant_table(main(rows), by=BY)
    (found,) = cohorts_table(table, by=("condition",)).rows

    assert [one["accuracy"] for one in table.rows] == pytest.approx([0.5, 0.6, 0.7, 0.4, 0.8, 0.9, 0.7, 1.0])
    assert found["difference"] == pytest.approx(0.55 - 0.8)
    assert (found["test"], found["p"]) == ("Mann-Whitney", pytest.approx(stats.mannwhitneyu(people, experts).pvalue))


def test_one_cohort_is_not_compared():
    assert cohorts_table(participant_table(main(scored("p", 3)), by=BY), by=("condition",)).rows == []


def again(session: str, unit: int, correct: int, **values: str | int) -> Row:
    return row(session, correct=correct, trial_kind="repeat", unit=f"m/l:{unit}", batch=0, trial_id=f"{session}r{unit}", **values)


def test_answers_are_paired_with_the_trial_they_repeat():
    first = [row("p", correct=c, unit=f"m/l:{u}", batch=0, trial_id=f"p{u}") for u, c in enumerate([1, 1, 0, 0])]
    repeats = [again("p", u, c, repeat_of=f"p{u}") for u, c in enumerate([1, 0, 0, 0])]

    (found,) = repeats_table(answers([*first, *repeats]), by=BY).rows

    # Observed 3 of 4, expected 1/2 * 1/4 + 1/2 * 3/4.
    assert (found["pairs"], found["alike"], found["kappa"]) == (4, 0.75, pytest.approx(0.5))
    assert (found["first_accuracy"], found["accuracy"]) == (0.5, 0.25)


def test_repeats_without_a_reference_are_paired_by_unit_and_batch_where_that_is_clear():
    first = [row("p", correct=1, unit=f"m/l:{u}", batch=0, trial_id=f"p{u}") for u in (0, 1, 1)]
    unclear, lost, dangling = again("p", 1, 0), again("q", 0, 0), again("p", 0, 0, repeat_of="nowhere")

    (found,) = repeats_table(answers([*first, again("p", 0, 0), unclear, lost, dangling]), by=BY).rows

    assert (found["pairs"], found["alike"]) == (1, 0.0)


def test_without_repeats_there_are_no_rows():
    assert repeats_table(answers([row(), row(correct=0)]), by=BY).rows == []


def rated(session: str, rating: int, index: int, unit: str = "m/l:0") -> Row:
    return row(session, correct="", trial_kind="rating", rating=rating, trial_index=index, unit=unit)


def test_ratings_are_averaged_before_and_after_the_trials():
    rows = [rated("p", 20, 0), rated("p", 40, 1, "m/l:1"), rated("p", 90, 5), rated("q", 60, 0), row("p", trial_index=3)]
    read = answers(rows)
    ratings, trials = read[read["trial_kind"] == "rating"], read[read["trial_kind"] == "main"]

    found = ratings_table(ratings[ratings["session_id"] == "p"], trials, by=BY).rows
    unknown = ratings_table(ratings[ratings["session_id"] == "q"], trials, by=BY).rows

    assert [(one["occasion"], one["unit"], one["rating"]) for one in found] == [
        ("before", ALL_UNITS, 30), ("before", "m/l:0", 20), ("before", "m/l:1", 40),
        ("after", ALL_UNITS, 90), ("after", "m/l:0", 90),
    ]  # fmt: skip
    assert {one["occasion"] for one in unknown} == {""}
