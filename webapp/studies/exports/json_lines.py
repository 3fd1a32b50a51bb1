"""Rows as JSON lines: an object for each response."""

import json
from collections.abc import Generator

from webapp.studies.exports.csv_text import ROWS_AT_ONCE, plain
from webapp.studies.exports.rows import column_names, responses
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Study


def write_json_lines(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A line for each response; returns how many there were."""
    names, count, lines = column_names(selection), 0, []
    for row in responses(study, selection).iterator(chunk_size=ROWS_AT_ONCE):
        lines.append(json.dumps(dict(zip(names, map(plain, row), strict=True))) + "\n")
        if len(lines) == ROWS_AT_ONCE:
            yield "".join(lines).encode()
            count, lines = count + len(lines), []
    yield "".join(lines).encode()
    return count + len(lines)
