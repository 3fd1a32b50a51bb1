"""Rows as CSV."""

import csv
import io
from collections.abc import Generator
from itertools import islice
from typing import Any

from django.db import connection

from webapp.studies.exports.rows import Rows, column_names, responses
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Study

ROWS_AT_ONCE = 2000


def write_csv(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A header and a line for each response; returns how many there were."""
    yield (",".join(column_names(selection)) + "\n").encode()
    rows = responses(study, selection)
    return (yield from _copied(rows) if connection.vendor == "postgresql" else _written(rows))


def _copied(rows: Rows) -> Generator[bytes, None, int]:
    """PostgreSQL writes the CSV itself: several times faster, and no row ever becomes a Python object."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        with cursor.cursor.copy(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", params) as copy:
            # PostgreSQL sends each row by itself; as many writes to the socket would take half as long again.
            lines = map(bytes, copy)
            while piece := b"".join(islice(lines, ROWS_AT_ONCE)):
                yield piece
        return int(cursor.rowcount)


def _written(rows: Rows) -> Generator[bytes, None, int]:
    buffer, count = io.StringIO(), 0
    writer = csv.writer(buffer, lineterminator="\n")
    for count, row in enumerate(rows.iterator(chunk_size=ROWS_AT_ONCE), start=1):
        writer.writerow([plain(value) for value in row])
        if count % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)
    return count


def plain(value: Any) -> Any:
    """Numbers stay numbers; ids and dates become text."""
    if value is None or isinstance(value, int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
