"""How claims read a result: rows of its tables, of people only, and when one condition is clearly above another."""

from collections.abc import Mapping
from typing import Any

from experiments.contract.claims import Result

Judged = tuple[str, bool | None] | None
PEOPLE = "people"


def rows_of(result: Result, table: str, **values: Any) -> list[Mapping[str, Any]]:
    """The rows of a table in which each named column has the given value; none if there is no such table."""
    return [
        row
        for found in result["tables"]
        if found["name"] == table
        for row in found["rows"]
        if all(row[name] == value for name, value in values.items())
    ]


def people_by_condition(result: Result, **values: Any) -> dict[str, Mapping[str, Any]]:
    """The rows of the accuracy table by condition, as far as people answered."""
    return {row["condition"]: row for row in rows_of(result, "accuracy", group=PEOPLE, **values)}


def clearly_above(conditions: Mapping[str, Mapping[str, Any]], better: str, worse: str | float) -> Judged:
    """The check of a claim: whether the interval of a condition lies wholly above that of another, or above a number.

    Intervals that do not touch are a stricter rule than a test of the difference. Not judged without intervals.
    """
    compared = [conditions.get(name) for name in (better, worse) if isinstance(name, str)]
    if None in compared:
        return None
    value = ", ".join(f"{row['condition']} {row['accuracy']:.3f}" for row in compared if row)
    lows_and_highs = [(row["low"], row["high"]) for row in compared if row]
    if (None, None) in lows_and_highs:
        return value, None
    ceiling = worse if isinstance(worse, float) else lows_and_highs[1][1]
    return value, lows_and_highs[0][0] > ceiling
