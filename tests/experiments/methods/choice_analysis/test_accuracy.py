"""Tables of accuracy whose figures can be worked out by hand."""

import numpy as np
import pytest

from experiments.methods.choice_analysis.accuracy import accuracy_table, sessions_table, unit_table, with_baselines
from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS, over_units
from experiments.methods.choice_analysis.responses import read_responses
from tests.experiments.methods.choice_analysis.frames import answers, main
from tests.experiments.methods.response_tables import Row, row, table

pytestmark = pytest.mark.unit
BY = ("group", "condition")


def of_two_units() -> list[Row]:
    """Participant 1 and unit 0: 3 of 4 right; participant 2 and unit 1: 1 of 6 right."""
    return [row(correct=int(i < 3), unit="m/l:0") for i in range(4)] + [
        row("s2", correct=int(i < 1), unit="m/l:1") for i in range(6)
    ]


def test_over_units_accuracy_is_the_mean_of_their_means():
    (found,) = accuracy_table(answers(of_two_units()), title="", by=BY, estimator=over_units(3)).rows

    assert found["accuracy"] == pytest.approx((3 / 4 + 1 / 6) / 2)
    assert (found["low"], found["high"]) == pytest.approx((1 / 6, 3 / 4))


def test_over_participants_accuracy_is_pooled_with_two_standard_errors():
    (found,) = accuracy_table(answers(of_two_units()), title="", by=BY, estimator=OVER_PARTICIPANTS).rows

    margin = 2 * np.std([3 / 4, 1 / 6]) / np.sqrt(2)
    assert (found["accuracy"], found["low"], found["high"]) == pytest.approx((0.4, 0.4 - margin, 0.4 + margin))


def test_main_and_catch_trials_are_told_apart_and_practice_is_left_out():
    rows = [row(correct=1, rt=1000), row(correct=0, rt=3000, confidence=3), row(correct=1, rt="")]
    rows += [row(correct=0, trial_kind="catch", rt=9000), row(correct=0, trial_kind="practice", rt=9000)]

    (found,) = accuracy_table(answers(rows), title="", by=BY, estimator=OVER_PARTICIPANTS).rows

    assert (found["trials"], found["catch_trials"], found["catch_accuracy"]) == (3, 1, 0.0)
    assert (found["median_rt_s"], found["mean_confidence"]) == (pytest.approx(2.0), pytest.approx(7 / 3))


def test_an_interval_that_cannot_be_is_withheld_with_the_reason_but_not_wilsons():
    (found,) = accuracy_table(answers([row(), row(correct=0)]), title="", by=BY, estimator=OVER_PARTICIPANTS).rows

    assert (found["low"], found["high"], found["why_no_interval"]) == (None, None, "fewer than two values")
    assert 0 < found["wilson_low"] < 0.5 < found["wilson_high"] < 1


def test_groups_have_rows_of_their_own():
    rows = [
        row("p"),
        row("e", cohort="expert", correct=0),
        row("b", kind="bot", observer="ideal"),
        row("c", kind="bot", correct=0),
    ]

    found = accuracy_table(answers(rows), title="", by=BY, estimator=OVER_PARTICIPANTS).rows

    assert [(one["group"], one["accuracy"]) for one in found] == [
        ("people", 1.0), ("experts", 0.0), ("simulated", 0.0), ("simulated ideal", 1.0),
    ]  # fmt: skip


def test_conditions_with_catch_trials_alone_have_no_row():
    rows = [row(), row("s2", condition="synthetic", trial_kind="catch")]

    found = accuracy_table(answers(rows), title="", by=BY, estimator=OVER_PARTICIPANTS).rows

    assert [one["condition"] for one in found] == ["natural"]


def test_units_have_wilson_intervals():
    found = unit_table(main([row(correct=int(i < 15)) for i in range(148)]), by=BY).rows

    # Newcombe 1998, table I.
    assert [(one["unit"], one["trials"]) for one in found] == [("m/l:0", 148)]
    assert (found[0]["wilson_low"], found[0]["wilson_high"]) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_baselines_are_scored_on_the_trials_that_were_answered():
    told = {"correct_choice": "left", "choice": "left", "baseline_center": "left", "baseline_variance": "right"}
    rows = [row("a", **told), row("a", **told), row("b", **{**told, "baseline_center": "right", "baseline_variance": ""})]
    rows.append(row("b", trial_kind="catch", **told))

    rated = with_baselines(answers(rows))
    found = accuracy_table(rated, title="", by=("group", "rater", "condition"), estimator=OVER_PARTICIPANTS).rows

    assert [(one["rater"], one["trials"], one["accuracy"]) for one in found] == [
        ("participants", 3, 1.0),
        ("baseline center", 3, pytest.approx(2 / 3)),
        ("baseline variance", 2, 0.0),
    ]
    assert [one["mean_confidence"] == one["mean_confidence"] for one in found] == [True, False, False]


def test_tables_without_baselines_have_participants_alone():
    rated = with_baselines(answers([row()]))

    assert rated["rater"].tolist() == ["participants"]


def test_sessions_are_counted_by_group_and_status():
    rows = [row("a"), row("a"), row("b"), row("c", session_state="running"), row("d", kind="bot", observer="x", passed_checks=0)]

    found = sessions_table(read_responses(table([*rows, row("v", kind="preview")]), conditions=())).rows

    assert [(one["group"], one["status"], one["sessions"]) for one in found] == [
        ("people", "counted", 2), ("people", "unfinished", 1), ("preview", "preview", 1), ("simulated x", "failed checks", 1),
    ]  # fmt: skip
