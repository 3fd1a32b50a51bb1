"""Data frames for tests of tables, read from rows as an analysis reads them."""

from collections.abc import Iterable, Sequence

import pandas as pd

from experiments.methods.choice_analysis.responses import read_responses
from tests.experiments.methods.response_tables import Row, table


def answers(rows: Iterable[Row], *, conditions: Sequence[str] = ("natural", "synthetic")) -> pd.DataFrame:
    return read_responses(table(rows), conditions=conditions).answers


def main(rows: Iterable[Row], *, conditions: Sequence[str] = ("natural", "synthetic")) -> pd.DataFrame:
    return read_responses(table(rows), conditions=conditions).trials("main")
