"""The database itself refuses to change or delete an audit entry.

SQLite drops triggers with a table that it makes anew: a later migration that alters `AuditEntry` there calls `protect` again.
"""

from typing import Any

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'audit entries are never changed or deleted'; END$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON participants_auditentry
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
"""
SQLITE = """
CREATE TRIGGER audit_never_{event} BEFORE {event} ON participants_auditentry
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or deleted'); END;
"""


def protect(apps: Any, schema_editor: Any) -> None:
    """Make the triggers."""
    statements = [POSTGRESQL]
    if schema_editor.connection.vendor == "sqlite":
        statements = [SQLITE.format(event=event) for event in ("UPDATE", "DELETE")]
    for statement in statements:
        schema_editor.execute(statement)


def release(apps: Any, schema_editor: Any) -> None:
    """Drop them."""
    statements = ["DROP TRIGGER audit_is_append_only ON participants_auditentry", "DROP FUNCTION refuse_audit_change()"]
    if schema_editor.connection.vendor == "sqlite":
        statements = [f"DROP TRIGGER audit_never_{event}" for event in ("UPDATE", "DELETE")]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("participants", "0006_help_texts")]

    operations = [migrations.RunPython(protect, release)]
