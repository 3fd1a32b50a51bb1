"""A cursor for the statements of every answer: PostgreSQL takes longer to plan than to run them, and keeps their plans."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """Django's cursor, but statements and values go apart, so that a statement that comes often (see the settings) is kept."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # the stubs miss its base
        yield cursor
