"""Responses out as they stand in the database, streamed in constant memory: CSV and JSON lines, one row a response."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Case, F, FloatField, IntegerField, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from experiments.contract.errors import InputError
from experiments.contract.tables import RESPONSE_COLUMNS
from webapp.studies.models import Response, Session, Study

MEDIA_TYPES: dict[str, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
ROWS_AT_ONCE = 2000

FROM_SESSION = {
    "session_id": "id",
    "session_kind": "kind",
    "session_state": "state",
    **{name: name for name in ("cohort", "observer", "task_index", "language", "served_at")},
}
FROM_TRIAL = {
    "trial_index": "position",
    "trial_kind": "kind",
    "trial_condition": "condition",
    "repeat_of": "repeat_of_id",
    "unit": "unit__address",
    "model": "unit__model",
    "layer": "unit__layer",
    **{name: name for name in ("block", "attempt", "batch", "correct_choice")},
}
FROM_ABOUT = ("image", "baseline_center", "baseline_variance", "baseline_saliency")
BITS = {"correct": "correct", "passed_checks": "trial__session__passed_checks", "cross_origin_isolated": "cross_origin_isolated"}


def export(study: Study, *, form: str, kinds: tuple[str, ...] = ()) -> Iterator[bytes]:
    """The export of a study in pieces: all kinds of session, unless some are named.

    Raises:
        InputError: The format is unknown (when called, before anything is sent).
    """
    if form not in MEDIA_TYPES:
        raise InputError(field="format", message=f"{form!r} is unknown", remedy=f"Choose one of {', '.join(MEDIA_TYPES)}")
    rows = responses(study, kinds=kinds)
    if form == "jsonl":
        return _json_lines(rows)
    return _copied_csv(rows) if connection.vendor == "postgresql" else _written_csv(rows)


def responses(study: Study, *, kinds: tuple[str, ...] = ()) -> QuerySet[Response, tuple[Any, ...]]:
    """The rows of a study, ordered by session, attempt and position, as tuples in the order of RESPONSE_COLUMNS.

    What somebody answered who withdrew stays in the database.
    """
    columns: dict[str, Any] = {
        "response_id": F("id"),
        "study": Value(study.name),
        "paper": Value(study.paper),
        "design_digest": Value(study.design_digest),
        "condition": F("trial__session__condition__name"),
        **{name: _bit(field) for name, field in BITS.items()},
        "relative_difference": Cast(KeyTextTransform("relative_difference", "trial__about"), FloatField()),
        **{name: KeyTextTransform(name, "trial__about") for name in FROM_ABOUT},
        **{name: F(f"trial__session__{field}") for name, field in FROM_SESSION.items()},
        **{name: F(f"trial__{field}") for name, field in FROM_TRIAL.items()},
    }
    found = Response.objects.filter(trial__session__study=study).exclude(trial__session__state=Session.State.WITHDRAWN)
    if kinds:
        found = found.filter(trial__session__kind__in=kinds)
    found = found.order_by("trial__session__created_at", "trial__session_id", "trial__attempt", "trial__position")
    aliases = {f"column_{name}": columns.get(name, F(name)) for name in RESPONSE_COLUMNS}
    return found.annotate(**aliases).values_list(*aliases)


def _bit(field: str) -> Case:
    """1, 0 or nothing."""
    return Case(When(**{field: True}, then=1), When(**{field: False}, then=0), default=None, output_field=IntegerField())


def _written_csv(rows: QuerySet[Response, tuple[Any, ...]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(RESPONSE_COLUMNS)
    for number, row in enumerate(rows.iterator(chunk_size=ROWS_AT_ONCE)):
        writer.writerow([_plain(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _copied_csv(rows: QuerySet[Response, tuple[Any, ...]]) -> Iterator[bytes]:
    """PostgreSQL writes the CSV itself: several times faster, and no row ever becomes a Python object."""
    sql, params = rows.query.sql_with_params()
    yield (",".join(RESPONSE_COLUMNS) + "\n").encode()
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", params) as copy:
        # PostgreSQL sends each row by itself; as many writes to the socket would take half as long again.
        rows_of_text = map(bytes, copy)
        while piece := b"".join(islice(rows_of_text, ROWS_AT_ONCE)):
            yield piece


def _json_lines(rows: QuerySet[Response, tuple[Any, ...]]) -> Iterator[bytes]:
    lines = []
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        values = dict(zip(RESPONSE_COLUMNS, map(_plain, row), strict=True))
        lines.append(json.dumps(values) + "\n")
        if len(lines) == ROWS_AT_ONCE:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


def _plain(value: Any) -> Any:
    """Numbers stay numbers; ids and dates become text."""
    if value is None or isinstance(value, int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
