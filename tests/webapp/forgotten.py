"""A date of erasure on SQLite while somebody else has the file open. Run by name inside `manage.py shell`; prints JSON."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.webapp.traces import SUBMISSION, paid_study, took_part
from webapp.studies.retention import retention_apply
from webapp.studies.tasks import retain


def forget() -> None:
    """In which moments the ids lie in the files: before, after the date, after it beside a reader, a minute later."""
    call_command("migrate", verbosity=0)
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    _come()
    moments = [_is_there()]
    retention_apply(now=timezone.now())
    moments.append(_is_there())
    _come()
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM participants_submission").fetchone()
    retention_apply(now=timezone.now())
    moments.append(_is_there())
    other.execute("COMMIT")
    retain()
    moments.append(_is_there())
    print(json.dumps(moments))


def _come() -> None:
    """Somebody takes part in a study whose date was yesterday."""
    took_part(paid_study(personal_ids_until=timezone.now().date() - timedelta(days=1)))


def _is_there() -> bool:
    database = Path(connection.settings_dict["NAME"])
    return any(SUBMISSION.encode() in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
