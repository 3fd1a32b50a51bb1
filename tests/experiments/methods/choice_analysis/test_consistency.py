"""Kappa between kinds of raters, on decisions that can be worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from experiments.methods.choice_analysis.accuracy import with_baselines
from experiments.methods.choice_analysis.consistency import consistency_table
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row

pytestmark = pytest.mark.unit


def decided(session: str, decisions: str, *, batch: int = 0, condition: str = "natural", **values: str) -> list[Row]:
    """A session that was asked about one unit a decision: 1 right, 0 wrong, - not asked."""
    return [
        row(session, correct=int(decision), unit=f"m/l:{unit}", batch=batch, condition=condition, **values)
        for unit, decision in enumerate(decisions)
        if decision != "-"
    ]


def table_of(*sessions: list[Row]) -> list[dict]:
    return list(consistency_table(with_baselines(main([one for rows in sessions for one in rows]))).rows)


def kappa(first: str, second: str) -> float:
    return cohen_kappa_score(list(first), list(second))


def test_kappa_is_averaged_over_the_pairs_of_a_batch_and_then_over_batches():
    first = ["110010", "100110", "111000"]
    second = ["0110", "0101"]

    (found,) = table_of(
        *(decided(f"a{i}", one, batch=0) for i, one in enumerate(first)),
        *(decided(f"b{i}", one, batch=7) for i, one in enumerate(second)),
    )

    by_batch = [
        np.mean([kappa(first[0], first[1]), kappa(first[0], first[2]), kappa(first[1], first[2])]),
        kappa(second[0], second[1]),
    ]
    assert (found["batches"], found["pairs"], found["undefined_pairs"]) == (2, 4, 0)
    assert found["kappa"] == pytest.approx(np.mean(by_batch))
    assert found["high"] - found["kappa"] == pytest.approx(2 * np.std(by_batch) / 2**0.5)


def test_conditions_experts_and_baselines_are_compared_on_the_same_query_pairs():
    told = {"choice": "", "correct_choice": "left", "baseline_center": "left"}
    people = decided("p", "1101", **told) + decided("q", "0101", condition="synthetic", **told)
    experts = decided("e", "1001", cohort="expert", **told)

    found = {
        (one["rater"], one["condition"], one["other"], one["other_condition"]): one["kappa"] for one in table_of(people, experts)
    }

    assert found == {
        ("people", "natural", "people", "synthetic"): pytest.approx(kappa("1101", "0101")),
        ("people", "natural", "experts", "natural"): pytest.approx(kappa("1101", "1001")),
        ("people", "natural", "baseline center", ""): pytest.approx(kappa("1101", "1111")),
        ("people", "synthetic", "experts", "natural"): pytest.approx(kappa("0101", "1001")),
        ("people", "synthetic", "baseline center", ""): pytest.approx(kappa("0101", "1111")),
        ("experts", "natural", "baseline center", ""): pytest.approx(kappa("1001", "1111")),
    }


def test_simulated_observers_are_never_compared_with_people():
    found = table_of(
        decided("p", "1100"), decided("q", "1010"),
        *(decided(f"{name}{i}", "1001", kind="bot", observer=name) for name in ("a", "b") for i in range(2)),
    )  # fmt: skip

    assert [(one["rater"], one["other"]) for one in found] == [
        ("people", "people"), ("simulated a", "simulated a"), ("simulated b", "simulated b"),
    ]  # fmt: skip


def test_only_units_that_both_were_asked_about_count():
    (found,) = table_of(decided("a", "110-0"), decided("b", "10-11"))

    assert found["kappa"] == pytest.approx(kappa("110", "101"))


def test_pairs_without_kappa_are_counted():
    (found,) = table_of(decided("a", "111"), decided("b", "111"), decided("c", "1--"))

    assert (found["pairs"], found["undefined_pairs"], found["kappa"], found["low"], found["batches"]) == (3, 3, None, None, 0)


@pytest.mark.parametrize("rows", [[], decided("a", "101"), [row("a"), row("b")]])
def test_there_is_no_row_without_pairs_or_batches(rows: list[Row]):
    assert table_of(rows) == []
