"""The audit: every erasure and export is in it, nobody is named in it, and nothing in it changes."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.test import Client

from tests.webapp.traces import PERSON, found, paid_study, took_part, traces
from webapp.participants.audit import audit_write
from webapp.participants.models import AuditEntry
from webapp.studies.models import Session
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ERASED = AuditEntry.Action.ERASED


@pytest.mark.parametrize("sql", ["UPDATE participants_auditentry SET action = 'x'", "DELETE FROM participants_auditentry"])
def test_database_refuses_to_change_an_entry(sql: str) -> None:
    audit_write(ERASED, sessions=1)

    with pytest.raises(Error, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert AuditEntry.objects.get().details == {"sessions": 1}


def test_database_refuses_to_empty_the_audit() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with transaction.atomic(), connection.cursor() as cursor:
        # Tests that commit empty all tables after themselves, so that it is off in their database.
        cursor.execute("ALTER TABLE participants_auditentry ENABLE TRIGGER audit_is_never_emptied")

    with pytest.raises(Error, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE participants_auditentry")


def test_models_refuse_to_change_an_entry() -> None:
    entry = audit_write(ERASED, sessions=1)

    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(action="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["action"]),
    ):
        with pytest.raises(TypeError, match="never"):
            change()


def test_admin_only_shows_entries(researcher: Client) -> None:
    entry = audit_write(ERASED, sessions=1)
    page = f"/admin/participants/auditentry/{entry.pk}"

    assert researcher.get("/admin/participants/auditentry/").status_code == 200
    assert 'name="_save"' not in researcher.get(f"{page}/change/").content.decode()
    assert researcher.get("/admin/participants/auditentry/add/").status_code == 403
    assert researcher.post(f"{page}/change/", {"action": "x"}).status_code == 403
    assert researcher.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def by_code(session: Session) -> None:
    Client().post("/erase/", {"code": session_withdraw(session, token="secret"), "confirm": "yes"})


def by_command(session: Session) -> None:
    call_command("participant_erase", "--session", str(session.id), stdout=StringIO())


def by_admin(session: Session) -> None:
    client = Client()
    client.force_login(User.objects.get())
    client.post("/admin/studies/session/", {"action": "erase", "_selected_action": [str(session.id)], "confirm": "1"})


@pytest.mark.parametrize(("erase", "actor"), [(by_code, None), (by_command, None), (by_admin, "researcher")])
def test_every_erasure_leaves_an_entry_that_names_nobody(researcher: Client, erase: Any, actor: str | None) -> None:
    session = took_part(paid_study())
    needles = traces(session)

    erase(session)

    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.actor and entry.actor.username) == (ERASED, actor)
    assert entry.details == {"studies": [session.study.name], "sessions": 1, "answers": 7, "exports": []}
    assert found(needles, json.dumps(entry.details).encode()) == []


def test_erasure_lists_the_exports_to_clean(researcher: Client, tmp_path: Path) -> None:
    study, other_study = paid_study(), paid_study()
    b"".join(researcher.get(f"/api/v1/studies/{study.id}/responses?format=jsonl").streaming_content)
    session = took_part(study)
    b"".join(researcher.get(f"/api/v1/studies/{study.id}/responses?format=csv").streaming_content)
    b"".join(researcher.get(f"/api/v1/studies/{other_study.id}/responses?format=csv").streaming_content)
    call_command("export_responses", "--study", study.name, "--out", str(tmp_path / "out.csv"), stdout=StringIO())
    form = {"action": "erase", "_selected_action": [str(session.id)]}
    out = StringIO()

    shown = researcher.post("/admin/studies/session/", form).content.decode()
    page = Client().post("/erase/", {"code": session_withdraw(session, token="secret")}).content.decode()
    call_command("participant_erase", "--external-id", PERSON, stdout=out)

    lines = [line for line in out.getvalue().splitlines() if "clean what was exported" in line]
    assert ["by researcher" in line for line in lines] == [True, False]
    assert "out.csv" in lines[1]
    assert all(line.removeprefix("  clean what was exported: ") in shown for line in lines)
    assert "they get a list of them" in page
    assert len(AuditEntry.objects.get(action=ERASED).details["exports"]) == 2
