"""PostgreSQL refuses to empty the audit as well: TRUNCATE passes by the triggers of rows. SQLite has no such statement."""

from typing import Any

from django.db import migrations

TRIGGER = """
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON participants_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""


def protect(apps: Any, schema_editor: Any) -> None:
    """Make the trigger."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TRIGGER)


def release(apps: Any, schema_editor: Any) -> None:
    """Drop it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_is_never_emptied ON participants_auditentry")


class Migration(migrations.Migration):
    dependencies = [("participants", "0007_audit_is_append_only")]

    operations = [migrations.RunPython(protect, release)]
