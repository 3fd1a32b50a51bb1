"""People and machines side by side: which rows count, which numbers come out, and what the figure says."""

from typing import Any

import pytest

from experiments.methods.choice_analysis.machines import machine_correlation_table, machine_scores_table
from experiments.methods.choice_analysis.responses import Group, read_responses
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.choice_figures.machines import machine_figure
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row, table

pytestmark = pytest.mark.unit
UNITS = [f"m/l:{i}" for i in range(5)]
SIMILARITY, NOISY = "simulated similarity", "simulated noisy"


def human(unit: str, rights: str, **values: Any) -> list[Row]:
    return [row("person", **{"unit": unit, "correct": int(right), **values}) for right in rights]


def bot(unit: str, rights: str, *, observer: str = "similarity", confidence: int = 3, **values: Any) -> list[Row]:
    about = {"kind": "bot", "observer": observer, "unit": unit, "confidence": confidence}
    return [row(f"{observer}-1", **{**about, "correct": int(right), **values}) for right in rights]


def graded() -> list[Row]:
    """Five units from 0 to 4 of 4 right, the machine as people."""
    rights = ["1" * i + "0" * (4 - i) for i in range(5)]
    return [one for unit, right in zip(UNITS, rights, strict=True) for one in human(unit, right) + bot(unit, right)]


def scores(rows: list[Row]) -> Table:
    return machine_scores_table(main(rows))


def correlations(rows: list[Row]) -> Table:
    return machine_correlation_table(scores(rows), seed=0)


def group(name: str = SIMILARITY) -> Group:
    return Group(name=name, title="Simulated", slug="simulated", simulated=True, sessions=1)


def test_scores_of_a_unit_stand_side_by_side():
    (found,) = scores(human("m/l:0", "1101") + bot("m/l:0", "10") + bot("m/l:0", "1", confidence=1)).rows

    assert (found["group"], found["condition"], found["model"], found["unit"]) == (SIMILARITY, "natural", "m", "m/l:0")
    assert (found["human_accuracy"], found["human_trials"]) == (0.75, 4)
    assert (found["accuracy"], found["trials"]) == (pytest.approx(2 / 3), 3)
    # The middles of the thirds of [1/2, 1]: 11/12 for confidence 3, 7/12 for 1; a wrong answer counts the rest.
    assert found["probability"] == pytest.approx((11 / 12 + 1 / 12 + 7 / 12) / 3)


def test_equal_scores_correlate_perfectly_and_opposite_ones_inversely():
    opposite = [{**one, "correct": 1 - one["correct"]} if one["session_kind"] == "bot" else one for one in graded()]

    for score in ("accuracy", "probability"):
        (same,) = correlations(graded()).of(score=score, over="units")
        (other,) = correlations(opposite).of(score=score, over="units")
        assert (same["n"], same["r"], same["rho"]) == (5, pytest.approx(1), pytest.approx(1))
        assert (other["r"], other["rho"]) == (pytest.approx(-1), pytest.approx(-1))
        assert same["r_low"] <= same["r"] + 1e-9
        assert same["reported"] == "about .80, reported (unverified)"


def test_models_are_compared_by_their_means():
    rows = []
    for number, model in enumerate(("a", "b", "c")):
        for channel in range(2):
            rights = "1" * (number + channel) + "0" * (4 - number - channel)
            rows += human(f"{model}/l:{channel}", rights) + bot(f"{model}/l:{channel}", rights)

    (found,) = correlations(rows).of(score="accuracy", over="models")

    assert (found["n"], found["r"], found["reported"]) == (3, pytest.approx(1), "about .98, reported (unverified)")


def test_one_model_and_few_units_have_no_correlation_but_a_reason():
    table_ = correlations(human("m/l:0", "1") + bot("m/l:0", "1"))

    assert {(row["n"], row["r"], row["rho"], row["why_not"]) for row in table_.rows} == {
        (1, None, None, "fewer than three points")
    }


def test_units_that_all_score_alike_have_no_correlation():
    rows = [one for unit in UNITS for one in human(unit, "11") + bot(unit, "10")]

    (found,) = correlations(rows).of(score="accuracy", over="units")

    assert (found["r"], found["why_not"]) == (None, "one of the two does not vary")


def test_only_sessions_that_count_count():
    ignored = [
        *human("m/l:0", "0", session_id="a", session_state="running"),
        *human("m/l:0", "0", session_id="b", passed_checks="0"),
        *human("m/l:0", "0", trial_kind="catch"),
        *human("m/l:0", "0", session_id="c", cohort="expert"),
        *human("m/l:0", "0", session_id="d", kind="preview"),
        *bot("m/l:0", "0", session_id="e", session_state="expired"),
    ]
    rows = human("m/l:0", "1") + bot("m/l:0", "1")

    assert scores(rows + ignored).rows == scores(rows).rows


def test_machines_and_conditions_are_kept_apart():
    rows = human("m/l:0", "1") + bot("m/l:0", "1") + bot("m/l:0", "0", observer="noisy")
    rows += human("m/l:0", "0", session_id="p2", condition="synthetic")
    rows += bot("m/l:0", "1", session_id="s2", condition="synthetic")

    found = scores(rows)

    assert {(one["group"], one["condition"], one["human_accuracy"], one["accuracy"]) for one in found.rows} == {
        (NOISY, "natural", 1, 0),
        (SIMILARITY, "natural", 1, 1),
        (SIMILARITY, "synthetic", 0, 1),
    }
    assert [one["probability"] for one in found.of(group=NOISY)] == [None]
    assert {one["score"] for one in correlations(rows).of(group=NOISY)} == {"accuracy"}


def test_units_that_only_one_side_saw_are_left_out():
    found = scores(human("m/l:0", "1") + human("m/l:1", "1") + bot("m/l:1", "1") + bot("m/l:2", "1"))

    assert [one["unit"] for one in found.rows] == ["m/l:1"]


@pytest.mark.parametrize("rows", [[], human("m/l:0", "1"), bot("m/l:0", "1")])
def test_without_people_or_without_machines_nothing_is_compared(rows: list[Row]):
    assert scores(rows).rows == []
    assert correlations(rows).rows == []
    assert machine_figure(group(), scores(rows).rows, correlations(rows).rows) is None


def test_an_answer_without_confidence_tells_no_probability():
    (found,) = scores(human("m/l:0", "1") + bot("m/l:0", "1", confidence="")).rows

    assert (found["accuracy"], found["probability"]) == (1, None)


@pytest.mark.parametrize(
    ("name", "rows"), [(SIMILARITY, graded()), (NOISY, human("m/l:0", "1") + bot("m/l:0", "0", observer="noisy"))]
)
def test_the_figure_is_drawn_the_same_each_time(name: str, rows: list[Row]):
    found, told = scores(rows).of(group=name), correlations(rows).of(group=name)

    drawn = machine_figure(group(name), found, told)

    assert drawn
    assert drawn.content.startswith(b"<?xml")
    assert drawn == machine_figure(group(name), found, told)


def test_tables_stand_in_a_result_with_the_meaning_of_each_column():
    made = scores(graded())

    assert made.as_csv().count(b"\n") == 6
    assert correlations(graded()).as_json()["columns"][0]["name"] == "group"
    assert read_responses(table(graded()), conditions=()).groups[1].name == SIMILARITY
