"""Named tables of flat rows: what a result is made of, what figures are drawn from, and what can be downloaded as CSV."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.methods.choice_analysis.columns import MEANINGS


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with the same columns; a value is a text, a number, or None where there is none."""

    name: str
    """Also of its file."""
    title: str
    about: str
    """How it is computed, and where that is published."""
    columns: Sequence[str]
    """Each with its meaning in `columns.MEANINGS`."""
    rows: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The table as it stands in a result."""
        columns = [{"name": name, "meaning": MEANINGS[name]} for name in self.columns]
        rows = [{name: plain(row[name]) for name in self.columns} for row in self.rows]
        return {"name": self.name, "title": self.title, "about": self.about, "columns": columns, "rows": rows}

    def as_csv(self) -> bytes:
        """The table with a header; an empty field where there is no value."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([plain(row[name]) for name in self.columns] for row in self.rows)
        return text.getvalue().encode()

    def of(self, **values: Any) -> list[Mapping[str, Any]]:
        """The rows in which each of the named columns has the given value."""
        return [row for row in self.rows if all(row[name] == value for name, value in values.items())]


def cells(answers: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The answers that share the values of all columns of `by`, with these values, in the order of the columns' categories."""
    for values, of_cell in answers.groupby(list(by), observed=True, sort=True):
        yield dict(zip(by, values, strict=True)), of_cell


def plain(value: Any) -> Any:
    """The value as JSON has it: Python's own types, None for not a number."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
