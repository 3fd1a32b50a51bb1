"""People and machines side by side: which rows count, which numbers come out, and what the figure says."""

import csv
import io
from typing import Any

import pytest

from experiments.contract.errors import InputError
from experiments.methods.machine_figures import draw_machine_scores
from experiments.methods.machine_scores import machine_scores, scores_csv
from tests.experiments.methods.response_tables import row

pytestmark = pytest.mark.unit
UNITS = [f"m/l:{i}" for i in range(5)]


def human(unit: str, rights: str, **values: Any) -> list[dict[str, Any]]:
    return [row(unit=unit, correct=int(right), **values) for right in rights]


def bot(unit: str, rights: str, *, observer: str = "similarity", confidence: int = 3, **values: Any) -> list[dict[str, Any]]:
    about = {"kind": "bot", "observer": observer, "unit": unit, "confidence": confidence}
    return [row(f"{observer}-{i}", correct=int(right), **about, **values) for i, right in enumerate(rights)]


def graded() -> list[dict[str, Any]]:
    """Five units from 0 to 4 of 4 right, the machine as people."""
    rights = ["1" * i + "0" * (4 - i) for i in range(5)]
    return [one for unit, right in zip(UNITS, rights, strict=True) for one in human(unit, right) + bot(unit, right)]


def found(comparison: dict[str, Any], **about: str) -> dict[str, Any]:
    return next(one for one in comparison["correlations"] if about.items() <= one.items())


def test_scores_of_a_unit_stand_side_by_side():
    rows = human("m/l:0", "1101") + bot("m/l:0", "10", confidence=3) + bot("m/l:0", "1", confidence=1)

    (comparison,) = machine_scores(rows, seed=0)

    (unit,) = comparison["units"]
    assert (unit["unit"], unit["model"]) == ("m/l:0", "m")
    assert (unit["human"], unit["human_answers"]) == (0.75, 4)
    assert (unit["machine"], unit["machine_answers"]) == (pytest.approx(2 / 3), 3)
    # The middles of the thirds of [1/2, 1]: 11/12 for confidence 3, 7/12 for 1; a wrong answer counts the rest.
    assert unit["probability"] == pytest.approx((11 / 12 + 1 / 12 + 7 / 12) / 3)


def test_equal_scores_correlate_perfectly_and_opposite_ones_inversely():
    (same,) = machine_scores(graded(), seed=0)
    opposite = [{**one, "correct": 1 - one["correct"]} if one["session_kind"] == "bot" else one for one in graded()]
    (other,) = machine_scores(opposite, seed=0)

    for score in ("machine", "probability"):
        assert found(same, score=score, over="units", kind="pearson")["value"] == pytest.approx(1)
        assert found(other, score=score, over="units", kind="spearman")["value"] == pytest.approx(-1)
    assert found(same, score="machine", over="models", kind="pearson")["value"] is None
    assert same["reported"]["units"] == "about .80, reported (unverified)"


def test_models_are_compared_by_their_means():
    rows = []
    for number, model in enumerate(("a", "b", "c")):
        for channel in range(2):
            rights = "1" * (number + channel) + "0" * (4 - number - channel)
            rows += human(f"{model}/l:{channel}", rights) + bot(f"{model}/l:{channel}", rights)

    (comparison,) = machine_scores(rows, seed=0)

    over_models = found(comparison, score="machine", over="models", kind="pearson")
    assert (over_models["count"], over_models["value"]) == (3, pytest.approx(1))


def test_only_rows_that_count_count():
    ignored = [
        *human("m/l:0", "0", session_state="running"),
        *human("m/l:0", "0", passed_checks="0"),
        *human("m/l:0", "0", trial_kind="catch"),
        *human("m/l:0", "0", cohort="expert"),
        *human("m/l:0", "0", kind="preview"),
        *bot("m/l:0", "0", session_state="expired"),
        row(unit="m/l:0", trial_kind="main", correct=""),
    ]
    rows = [*human("m/l:0", "1", passed_checks="1", cohort="crowd"), *bot("m/l:0", "1", passed_checks="")]

    assert machine_scores(rows + ignored, seed=0) == machine_scores(rows, seed=0)


def test_machines_and_conditions_are_kept_apart():
    rows = human("m/l:0", "1") + bot("m/l:0", "1") + bot("m/l:0", "0", observer="noisy")
    rows += human("m/l:0", "0", trial_condition="synthetic") + bot("m/l:0", "1", trial_condition="synthetic")

    comparisons = machine_scores(rows, seed=0)

    assert [(one["observer"], one["condition"]) for one in comparisons] == [
        ("noisy", "natural"),
        ("similarity", "natural"),
        ("similarity", "synthetic"),
    ]
    assert comparisons[0]["units"][0]["probability"] is None
    assert {one["score"] for one in comparisons[0]["correlations"]} == {"machine"}


def test_units_that_only_one_side_saw_are_left_out():
    rows = human("m/l:0", "1") + human("m/l:1", "1") + bot("m/l:1", "1") + bot("m/l:2", "1")

    (comparison,) = machine_scores(rows, seed=0)

    assert [unit["unit"] for unit in comparison["units"]] == ["m/l:1"]


def test_without_people_or_without_machines_nothing_is_compared():
    assert machine_scores([], seed=0) == []
    assert machine_scores(human("m/l:0", "1"), seed=0) == []
    assert machine_scores(bot("m/l:0", "1"), seed=0) == []


@pytest.mark.parametrize("broken", [{"correct": "yes"}, {"confidence": "high"}, {"confidence": None}])
def test_a_value_that_cannot_be_is_refused(broken: dict[str, Any]):
    with pytest.raises(InputError) as caught:
        machine_scores([{**one, **broken} for one in bot("m/l:0", "1")], seed=0)

    assert caught.value.field == "table"


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="trial_kind"):
        machine_scores([{name: value for name, value in human("m/l:0", "1")[0].items() if name != "trial_kind"}], seed=0)


def test_the_table_holds_a_row_for_each_unit():
    rows = list(csv.DictReader(io.StringIO(scores_csv(machine_scores(graded(), seed=0)).decode())))

    assert [one["unit"] for one in rows] == UNITS
    assert {one["observer"] for one in rows} == {"similarity"}
    assert [float(one["human"]) for one in rows] == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("rows", [graded(), human("m/l:0", "1") + bot("m/l:0", "0", observer="noisy")])
def test_the_figure_is_drawn_the_same_each_time(rows: list[dict[str, Any]]):
    (comparison,) = machine_scores(rows, seed=0)

    svg = draw_machine_scores(comparison)

    assert svg.startswith(b"<?xml")
    assert svg == draw_machine_scores(comparison)
