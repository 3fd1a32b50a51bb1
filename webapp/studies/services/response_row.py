"""The statement by which an answer is stored. `response_record` calls it."""

from functools import cache

from django.db import DEFAULT_DB_ALIAS, connections

from webapp.studies.models import Response, Session
from webapp.studies.prepared import prepared_cursor


def response_insert(response: Response, *, session: Session) -> bool:
    """Store a new response, with one wait for the disk; False where the trial has one already, or the session is gone.

    An erasure that goes on meanwhile holds the session: then this waits for it, and finds nothing.

    Raises:
        IntegrityError: The trial went meanwhile.
    """
    database = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(getattr(response, field.attname), database) for field in Response._meta.concrete_fields]
    with prepared_cursor() as cursor:
        cursor.execute(_statement(), [*values, Session._meta.pk.get_db_prep_value(session.id, database)])
        return bool(cursor.rowcount)


@cache
def _statement() -> str:
    """Django would write it anew each time, and has none that looks at the session in the same breath."""
    columns = ", ".join(f'"{field.column}"' for field in Response._meta.concrete_fields)
    values = ", ".join(["%s"] * len(Response._meta.concrete_fields))
    held = "FOR KEY SHARE" if connections[DEFAULT_DB_ALIAS].features.has_select_for_update else ""
    return (
        f"INSERT INTO {Response._meta.db_table} ({columns}) "  # noqa: S608 -- names of our own
        f"SELECT {values} FROM {Session._meta.db_table} WHERE id = %s {held} ON CONFLICT (trial_id) DO NOTHING"
    )
