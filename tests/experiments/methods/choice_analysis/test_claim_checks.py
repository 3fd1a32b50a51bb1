"""How claims read results."""

from typing import Any

import pytest

from experiments.contract.claims import Claim, check_claims
from experiments.methods.choice_analysis.claim_checks import clearly_above, people_by_condition, rows_of

pytestmark = pytest.mark.unit
ROWS = [
    {"group": "people", "condition": "a"},
    {"group": "experts", "condition": "b"},
    {"group": "simulated x", "condition": "c"},
]
RESULT: dict[str, Any] = {"tables": [{"name": "accuracy", "rows": ROWS}]}


def test_claims_see_people_only():
    assert list(people_by_condition(RESULT)) == ["a"]
    assert rows_of(RESULT, "accuracy", group="experts", condition="b") == ROWS[1:2]
    assert rows_of(RESULT, "no such table") == []


def test_clearly_above_wants_intervals_that_do_not_touch():
    def condition(name: str, low: float | None, high: float | None) -> dict[str, Any]:
        return {"condition": name, "accuracy": 0.7, "low": low, "high": high}

    rows = {row["condition"]: row for row in (condition("a", 0.6, 0.8), condition("b", 0.4, 0.59), condition("c", None, None))}

    judged = [clearly_above(rows, *pair) for pair in (("a", "b"), ("b", "a"), ("a", "c"), ("a", "d"))]

    assert [holds and holds[1] for holds in judged] == [True, False, None, None]
    assert clearly_above(rows, "a", 0.5) == ("a 0.700", True)
    assert clearly_above(rows, "b", 0.5) == ("b 0.700", False)


def test_unverified_figures_are_printed_as_such():
    claim = Claim(id="x", statement="It is so", reported=".98", source="memory", verified=False, check=lambda result: ("1", True))

    assert check_claims([claim], result={})[0]["reported"] == ".98 (unverified)"
