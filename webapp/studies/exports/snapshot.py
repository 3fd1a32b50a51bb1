"""One moment of the database for all queries of an export, while answers keep arriving."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """All queries within see the database as it is at the first of them; nobody who writes waits."""
    if connection.in_atomic_block:
        # The caller has chosen the moment.
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not `atomic`, which on SQLite takes the lock of a writer.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            # Whoever writes meanwhile on this connection fails, as on PostgreSQL, instead of being rolled back.
            cursor.execute("PRAGMA query_only = ON")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
                cursor.execute("PRAGMA query_only = OFF")
