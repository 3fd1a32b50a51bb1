"""Exports name nobody, but for those who may see the recruiters' ids, and then it is noted."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from webapp.participants.models import AuditEntry, Recruitment, Submission
from webapp.studies.models import Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ASKED = {"format": "csv", "ids": "personal", "kind": "live"}


@pytest.fixture
def recruited(study: Study) -> Study:
    """The study with the recruiter's ids of its people; one of them came for another study, too."""
    study.recruitment = Recruitment.objects.create(recruiter="prolific", external_study_id="s1")
    study.save()
    other = Recruitment.objects.create(recruiter="prolific", external_study_id="s2")
    for number, session in enumerate(study.sessions.order_by("created_at")):
        ids = {"participant": session.participant, "external_participant_id": f"person{number}"}
        Submission.objects.create(recruitment=study.recruitment, external_id=f"submission{number}", **ids)
        Submission.objects.create(recruitment=other, external_id=f"elsewhere{number}", **ids)
    return study


def rows(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_ids_are_sent_to_whoever_may_see_them_and_it_is_noted(client_of, recruited):
    response = client_of("see_external_ids").post(f"/api/v1/studies/{recruited.id}/responses", ASKED, format="json")

    found = rows(b"".join(response.streaming_content))
    entry = AuditEntry.objects.get()
    pairs = [(row["external_participant_id"], row["external_submission_id"]) for row in found]
    assert pairs == 4 * [("person0", "submission0")] + 4 * [("person1", "submission1")]
    assert (entry.action, entry.actor.is_staff, entry.details["study"]) == ("exported personal ids", True, recruited.name)


def test_ids_are_refused_to_others_and_nothing_is_sent(client_of, recruited):
    api = client_of()

    posted = api.post(f"/api/v1/studies/{recruited.id}/responses", ASKED, format="json")
    on_page = api.post(f"/studies/{recruited.id}/export/", {"file": "csv", "ids": "personal", "download": "yes"})

    assert posted.status_code == 403
    assert b"person0" not in posted.content
    assert b"person0" not in b"".join(on_page.streaming_content)
    assert not AuditEntry.objects.filter(action="exported personal ids").exists()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_no_export_holds_ids_unasked(client_of, recruited, form):
    response = client_of("see_external_ids").get(f"/api/v1/studies/{recruited.id}/responses?format={form}")

    content = b"".join(response.streaming_content)
    assert b"person0" not in content
    assert b"external" not in content


def test_command_writes_ids_and_notes_it(recruited, tmp_path):
    call_command("export_responses", study=recruited.name, out=tmp_path / "a.csv", personal_ids=True)

    assert rows((tmp_path / "a.csv").read_bytes())[0]["external_participant_id"] == "person0"
    assert AuditEntry.objects.get().actor is None


def test_command_that_cannot_write_has_noted_that_it_was_asked_for_ids(recruited):
    with pytest.raises(SystemExit):
        call_command("export_responses", study=recruited.name, out=Path("/proc/a.csv"), personal_ids=True)

    assert AuditEntry.objects.get().action == "exported personal ids"


def test_asking_only_for_the_headers_of_an_export_is_refused_and_not_noted(client_of, recruited):
    assert client_of().head(f"/api/v1/studies/{recruited.id}/responses").status_code == 405
    assert not AuditEntry.objects.exists()
