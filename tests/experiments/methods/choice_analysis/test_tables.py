"""Tables as JSON and CSV."""

import csv
import io
import json

import numpy as np
import pytest

from experiments.methods.choice_analysis.columns import MEANINGS
from experiments.methods.choice_analysis.tables import Table

pytestmark = pytest.mark.unit


def some_table() -> Table:
    rows = [
        {"group": "people", "unit": 'm/"l",x:0', "trials": np.int64(3), "accuracy": np.float64(2 / 3), "ignored": 1},
        {"group": "größer\nsmall", "unit": "", "trials": 0, "accuracy": float("nan"), "ignored": 2},
    ]
    return Table(name="some", title="Some", about="All of it.", columns=("group", "unit", "trials", "accuracy"), rows=rows)


def test_json_holds_plain_values_with_the_meaning_of_each_column():
    body = json.loads(json.dumps(some_table().as_json(), allow_nan=False))

    assert body["rows"] == [
        {"group": "people", "unit": 'm/"l",x:0', "trials": 3, "accuracy": 2 / 3},
        {"group": "größer\nsmall", "unit": "", "trials": 0, "accuracy": None},
    ]
    assert body["columns"][0] == {"name": "group", "meaning": MEANINGS["group"]}


def test_csv_reads_back_as_it_was():
    rows = list(csv.reader(io.StringIO(some_table().as_csv().decode(), newline="")))

    assert rows == [
        ["group", "unit", "trials", "accuracy"],
        ["people", 'm/"l",x:0', "3", repr(2 / 3)],
        ["größer\nsmall", "", "0", ""],
    ]


def test_rows_are_found_by_their_values():
    assert some_table().of(group="people", trials=3) == some_table().rows[:1]
    assert some_table().of(group="nobody") == []
