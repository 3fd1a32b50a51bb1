"""Response time and confidence, split by right and wrong."""

import pytest

from experiments.methods.choice_analysis.behavior import confidence_table, correctness_table
from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS, over_units
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import row

pytestmark = pytest.mark.unit
BY = ("group", "condition")


def test_times_and_confidence_are_averaged_over_all_right_and_wrong_answers():
    rows = [
        row("a", correct=1, rt=1000, confidence=3),
        row("a", correct=0, rt=4000, confidence=1),
        row("b", correct=1, rt=2000, confidence=2),
        row("b", correct=1, rt=-5, confidence=""),
    ]

    found = correctness_table(main(rows), by=BY, estimator=OVER_PARTICIPANTS).rows

    assert [(one["answers"], one["trials"], one["without_rt"]) for one in found] == [
        ("all", 4, 1),
        ("right", 3, 1),
        ("wrong", 1, 0),
    ]
    assert [one["rt_s"] for one in found] == pytest.approx([7 / 3, 1.5, 4.0])
    assert [one["confidence"] for one in found] == pytest.approx([2.0, 2.5, 1.0])
    # Right answers: participants' means 1 s and 2 s, so that 2 SEM (ddof 0) are 2 * .5 / sqrt(2).
    assert (found[1]["rt_low"], found[1]["rt_high"]) == pytest.approx((1.5 - 0.5**0.5, 1.5 + 0.5**0.5))
    assert (found[2]["rt_low"], found[2]["rt_high"]) == (None, None)


def test_a_condition_without_wrong_answers_says_so():
    found = correctness_table(main([row(), row("b")]), by=BY, estimator=OVER_PARTICIPANTS).rows

    assert (found[2]["answers"], found[2]["trials"], found[2]["rt_s"]) == ("wrong", 0, None)


def test_each_confidence_has_its_share_and_accuracy():
    rows = [row(correct=1, confidence=1), row(correct=0, confidence=3), row(correct=1, confidence=3, unit="m/l:1")]
    rows += [row(correct=1, confidence=3, unit="m/l:1"), row(confidence="")]

    found = confidence_table(main(rows), by=BY, estimator=over_units(0)).rows

    assert [(one["confidence_level"], one["trials"], one["share"], one["accuracy"]) for one in found] == [
        (1, 1, 0.25, 1.0), (2, 0, 0.0, None), (3, 3, 0.75, pytest.approx(1 / 2)),
    ]  # fmt: skip


def test_without_confidences_there_are_no_rows():
    assert confidence_table(main([row(confidence="")]), by=BY, estimator=over_units(0)).rows == []
