"""Rows as JSON lines: an object for each response."""

import json
from collections.abc import Generator

from django.db import connection

from webapp.studies.exports.selection import Selection
from webapp.studies.exports.text_rows import TextRows, copied, fetched, text_rows
from webapp.studies.models import Study

# JSON holds no control characters, so that nothing is ever quoted.
UNQUOTED = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"


def write_json_lines(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A line for each response; returns how many there were."""
    write, count = _copied if connection.vendor == "postgresql" else _written, 0
    for rows in text_rows(study, selection):
        count += yield from write(rows)
    return count


def _copied(rows: TextRows) -> Generator[bytes, None, int]:
    sql = f"SELECT row_to_json(written)::text FROM ({rows.sql}) AS written"  # noqa: S608 -- our own query
    return (yield from copied(sql, rows.params, options=UNQUOTED))


def _written(rows: TextRows) -> Generator[bytes, None, int]:
    names, count = tuple(rows.kinds), 0
    for some in fetched(rows):
        yield "".join(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in some).encode()
        count += len(some)
    return count
