"""The rows of an export with ids and times written as text by the database, the same on PostgreSQL and SQLite.

The writers of formats and pages start from here; no row becomes a model instance.
"""

import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any, Literal

from django.db import connection
from django.db.models import CharField, DateTimeField, Field, FloatField, Q, QuerySet, TextField, UUIDField

from webapp.studies.exports.rows import ALIAS, BITS, ORDER_OF_SESSIONS, Rows, responses, sessions
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Session, Study

Kind = Literal["text", "id", "time", "double", "bit", "integer"]
KINDS: Sequence[tuple[type, Kind]] = (
    (UUIDField, "id"),
    (CharField, "text"),
    (TextField, "text"),
    (DateTimeField, "time"),
    (FloatField, "double"),
)
GROUPS_OF_DIGITS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
AS_TEXT: Mapping[str, Mapping[str, str]] = {
    "postgresql": {"time": """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')""", "id": "{0}::text"},
    "sqlite": {
        # SQLite leaves the fraction out where it is nothing.
        "time": "replace(substr({0} || '.000000', 1, 26), ' ', 'T') || '+00:00'",
        "id": " || '-' || ".join(f"substr({{0}}, {first}, {size})" for first, size in GROUPS_OF_DIGITS),
    },
}
ROWS_AT_ONCE = 1000
FIRST_SESSIONS = (5, 100)
"""Few, so that somebody who waits soon sees rows; then as many as fill the buffer of an archive's compression."""
SESSIONS_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class TextRows:
    """A SELECT whose columns have the names of the export."""

    sql: str
    params: Sequence[Any]
    kinds: Mapping[str, Kind]
    """As `column_kinds` gives them."""


def column_kinds(study: Study, selection: Selection) -> Mapping[str, Kind]:
    """Name of each column to what it holds, in order."""
    columns = responses(study, selection).query.annotation_select
    return {alias.removeprefix(ALIAS): _kind(alias, column.output_field) for alias, column in columns.items()}


def text_rows(study: Study, selection: Selection) -> Iterator[TextRows]:
    """All rows, some sessions at a time, so that the first come at once and no table is sorted as a whole."""
    found, kinds = responses(study, selection), column_kinds(study, selection)
    for ids in _sessions_by_turns(sessions(study, selection)):
        yield as_text(found.filter(trial__session_id__in=ids), kinds)


def _sessions_by_turns(asked: QuerySet[Session]) -> Iterator[list[uuid.UUID]]:
    """The ids of all sessions in the order of the export, some at a time: of a large study they would fill some MiB."""
    behind = Q()
    for size in chain(FIRST_SESSIONS, repeat(SESSIONS_AT_ONCE)):
        some = asked.filter(behind).order_by(*ORDER_OF_SESSIONS).values_list(*ORDER_OF_SESSIONS)[:size]
        if not some:
            return
        created_at, last = some[len(some) - 1]
        yield [pk for _, pk in some]
        behind = Q(created_at__gt=created_at) | Q(created_at=created_at, id__gt=last)


def as_text(rows: Rows, kinds: Mapping[str, Kind]) -> TextRows:
    """The rows of a query with ids and times as text."""
    sql, params = rows.query.sql_with_params()
    written = AS_TEXT[connection.vendor]
    columns = (f"{written.get(kind, '{0}').format(ALIAS + name)} AS {name}" for name, kind in kinds.items())
    return TextRows(sql=f"SELECT {', '.join(columns)} FROM ({sql}) AS found", params=params, kinds=kinds)  # noqa: S608 -- ours


def copied(sql: str, params: Sequence[Any], *, options: str) -> Generator[bytes, None, int]:
    """What PostgreSQL's COPY writes, in pieces of many whole rows; returns the number of rows."""
    with connection.cursor() as cursor:
        with cursor.cursor.copy(f"COPY ({sql}) TO STDOUT WITH ({options})", params) as copy:
            # PostgreSQL sends each row by itself; as many writes to the socket would take half as long again.
            lines = map(bytes, copy)
            while piece := b"".join(islice(lines, ROWS_AT_ONCE)):
                yield piece
        return int(cursor.rowcount)


def fetched(rows: TextRows) -> Iterator[list[tuple[Any, ...]]]:
    """Some rows at a time, straight from the database's driver, which holds no more of them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(rows.sql, rows.params)
        while some := cursor.fetchmany(ROWS_AT_ONCE):
            yield some


def _kind(alias: str, field: Field) -> Kind:
    if alias.removeprefix(ALIAS) in BITS:
        return "bit"
    return next((kind for kind_of_field, kind in KINDS if isinstance(field, kind_of_field)), "integer")
