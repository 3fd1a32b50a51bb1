"""Tables of responses for tests, in the columns of the export."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from experiments.contract.tables import RESPONSE_COLUMNS


def row(session: str = "s1", *, kind: str = "live", correct: int = 1, **values: Any) -> dict[str, Any]:
    """A response of a finished session in a main trial, unless told otherwise."""
    return {
        "session_id": session,
        "session_kind": kind,
        "session_state": "finished",
        "condition": "natural",
        "trial_kind": "main",
        "unit": "m/l:0",
        "correct": correct,
        "confidence": 2,
        "rt": 1000.0,
        **values,
    }


def table(rows: Iterable[dict[str, Any]], *, without: str = "") -> bytes:
    """The CSV of rows, if wished without a column."""
    text = io.StringIO()
    columns = [column for column in RESPONSE_COLUMNS if column != without]
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
