"""Erasing: after it, no byte of the person is found anywhere; before it, one sees what will go; others keep what is theirs."""

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.test import Client

from tests.webapp import made_up
from tests.webapp.traces import PERSON, SUBMISSION, analyzed, dump, files, found, paid_study, took_part, traces
from webapp.participants.models import Participant, Payment, Submission
from webapp.studies.erasure import erasure_preview, sessions_erase
from webapp.studies.exports import export
from webapp.studies.models import QualityVerdict, Response, Session, SessionEvent, Study
from webapp.studies.services.quality import study_judge

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ENTER = f"""
from webapp.participants.consent import default_consent
from webapp.participants.models import Recruitment, Submission
from webapp.participants.services import participant_enter
person = participant_enter(external_id="{PERSON}", kind="live", consent=default_consent())
ids = dict(external_participant_id="{PERSON}", external_id="{SUBMISSION}")
Submission.objects.create(participant=person, recruitment=Recruitment.objects.create(), **ids)
"""


def test_after_erasing_nothing_of_the_person_is_left_anywhere(settings, caplog, browser):
    caplog.set_level(logging.INFO)
    study = paid_study()
    other = took_part(study, external_id="somebody-else")
    session = took_part(study)
    analyzed(study)
    needles = traces(session)
    places: dict[str, Callable[[], bytes]] = {
        "database": dump,
        "artifact store": lambda: files(settings.ARTIFACT_URL),
        "export": lambda: b"".join(export(study, form="csv")) + b"".join(export(study, form="jsonl")),
        "logs": lambda: caplog.text.encode(),
    }
    before = {place: len(found(needles, look())) for place, look in places.items()}

    sessions_erase(Session.objects.filter(id=session.id))

    assert before["database"] >= len(needles) // 2
    assert before["artifact store"] > 0
    assert before["export"] > 0
    assert {place: found(needles, look()) for place, look in places.items()} == {place: [] for place in places}
    assert Response.objects.filter(trial__session=other).count() == 7
    study.refresh_from_db()
    assert study.erased_sessions == 1


def test_preview_says_what_goes_and_changes_nothing():
    study = paid_study()
    session = took_part(study, payment=Payment.State.PLANNED)
    study_judge(study)
    before = dump()

    preview = erasure_preview([session])

    assert dump() == before
    assert asdict(preview) == {
        "studies": (study.title,),
        "anonymized": (),
        "sessions": 1,
        "answers": 7,
        "verdicts": 0,
        "events": 1,
        "consents": 1,
        "submissions": 1,
        "unpaid": 1,
        "exports": (),
    }
    assert sessions_erase(Session.objects.filter(id=session.id)) == preview


def test_payments_stay_and_lead_to_nobody():
    study = paid_study()
    sessions = [took_part(study), took_part(study, external_id="unpaid-person", payment=Payment.State.APPROVED)]
    known = {session.participant_id for session in sessions}

    sessions_erase(study.sessions.all())

    paid, unpaid = Payment.objects.order_by("created_at")
    assert (paid.state, paid.amount, paid.error) == (Payment.State.PAID, 279, "")
    assert unpaid.state == Payment.State.FAILED
    assert not {paid.participant_id, unpaid.participant_id} & known
    assert Participant.objects.count() == 2
    assert not Submission.objects.exists()


def test_person_with_another_session_is_still_known_there():
    study, other_study = paid_study(), paid_study()
    session, other = took_part(study), took_part(other_study)

    sessions_erase(Session.objects.filter(id=session.id))

    other.refresh_from_db()
    assert other.participant_id == session.participant_id
    assert other.participant.consents.count() == 1
    assert [submission.recruitment for submission in Submission.objects.all()] == [other_study.recruitment]
    assert Payment.objects.get(participant=other.participant).recruitment == other_study.recruitment


def test_study_may_keep_the_answers_with_nobody_behind_them(settings):
    study = paid_study(erasure=Study.Erasure.ANONYMIZE)
    session = took_part(study)
    study_judge(study)
    analyzed(study)
    total = session.finished_at - session.served_at
    answered = list(Response.objects.filter(trial__session=session).order_by("id").values_list("choice", "rt"))
    needles = [PERSON, session.participant.external_id_hash, str(session.id), session.id.hex, session.token_sha256]
    needles += [session.completion_code, str(session.participant_id), tab := "tab-of-somebody"]
    Session.objects.filter(id=session.id).update(tab=tab)

    erasure = sessions_erase(Session.objects.filter(id=session.id))

    (left,) = study.sessions.all()
    assert erasure.anonymized == (study.title,)
    assert found(needles, dump() + files(settings.ARTIFACT_URL)) == []
    assert list(Response.objects.order_by("id").values_list("choice", "rt")) == answered
    assert left.created_at == study.created_at
    assert left.finished_at - left.served_at == total
    assert left.passed_checks is True
    moments = Response.objects.order_by("answered_at").values_list("answered_at", flat=True)
    assert study.created_at < moments[0] < moments.reverse()[0] <= left.finished_at
    assert not SessionEvent.objects.exists()
    study.refresh_from_db()
    assert study.erased_sessions == 1


def test_logs_name_nobody(caplog, client):
    caplog.set_level(logging.INFO)
    study = made_up.study()
    entry = f"/p/{study.id}/?participant={PERSON}"

    client.get(f"{entry}&kind=nonsense")
    Client(enforce_csrf_checks=True).post(entry, {"participant": PERSON})
    Study.objects.update(state=Study.State.CLOSED)
    client.get(entry)

    assert "/p/" in caplog.text
    assert PERSON not in caplog.text


def test_whoever_was_erased_may_take_part_again_and_is_not_recognized():
    study = paid_study()
    first = took_part(study)
    sessions_erase(Session.objects.filter(id=first.id))

    again, _ = made_up.session(study, external_id=PERSON)

    assert again.id != first.id
    assert QualityVerdict.objects.count() == 0


def test_sqlite_file_holds_no_byte_of_whom_it_forgot(tmp_path):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "webapp.settings", "SECRET_KEY": "only-for-tests"}
    env["DATABASE_URL"] = f"sqlite:///{tmp_path}/db.sqlite3"

    def manage(*words: str) -> None:
        subprocess.run([sys.executable, "manage.py", *words], env=env, check=True, stdout=subprocess.DEVNULL)

    manage("migrate", "--verbosity", "0")
    manage("shell", "-c", ENTER)
    assert found([PERSON, SUBMISSION], files(str(tmp_path))) == [PERSON, SUBMISSION]

    manage("participant_erase", "--external-id", PERSON)

    with sqlite3.connect(tmp_path / "db.sqlite3") as connection:
        for change in ("UPDATE participants_auditentry SET action = ''", "DELETE FROM participants_auditentry"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed or deleted"):
                connection.execute(change)
    assert found([PERSON, SUBMISSION], files(str(tmp_path))) == []
