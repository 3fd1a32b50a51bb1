"""Erasing: after it, no byte of the person is found anywhere; before it, one sees what will go; others keep what is theirs."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.recipes import Analysis
from tests.webapp import made_up, progress
from tests.webapp.test_participant_api import post
from webapp.participants.models import Consent, Participant, Payment, Recruitment, Submission
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store
from webapp.studies.erasure import erasure_preview, sessions_erase
from webapp.studies.exports import export
from webapp.studies.models import QualityVerdict, Response, Session, SessionEvent, Study, StudyResult, Trial
from webapp.studies.results import has_news, results_request
from webapp.studies.services.quality import study_judge
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
PERSON = "5f8b1c2d3e4f5a6b7c8d9e0f"
SUBMISSION = "60d1e2f3a4b5c6d7e8f90a1b"
ENTER = f"""
from webapp.participants.consent import default_consent
from webapp.participants.models import Recruitment, Submission
from webapp.participants.services import participant_enter
person = participant_enter(external_id="{PERSON}", kind="live", consent=default_consent())
ids = dict(external_participant_id="{PERSON}", external_id="{SUBMISSION}")
Submission.objects.create(participant=person, recruitment=Recruitment.objects.create(), **ids)
"""


def paid_study(**changes: Any) -> Study:
    study = progress.without_rules(made_up.study())
    recruitment = Recruitment.objects.create(reward=279)
    Study.objects.filter(id=study.id).update(recruitment=recruitment, **changes)
    study.refresh_from_db()
    return study


def took_part(study: Study, *, external_id: str = PERSON, payment: str = Payment.State.PAID) -> Session:
    """A person who did all that leaves a trace, up to results in which their answers stand."""
    session = progress.finished(study, external_id=external_id)
    about = {"participant": session.participant, "recruitment": study.recruitment}
    Submission.objects.create(external_participant_id=external_id, external_id=f"{SUBMISSION}-{external_id}", **about)
    Payment.objects.filter(reason="base", **about).update(state=payment, error=f"no {external_id}", order_id=f"of {external_id}")
    SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.CONTRADICTION, details={"of": external_id})
    return session


def analyzed(study: Study) -> Analysis:
    """An analysis of the study as it stands, which names its sessions."""
    result = results_request(study)
    assert result is not None
    recipe = Analysis(paper=study.paper, table=Job.objects.get(digest=result.digest).recipe["table"])
    names = json.dumps([str(pk) for pk in study.sessions.values_list("id", flat=True)]).encode()
    product = Product(new_files=[NewFile(name="result.json", content=names, media_type="application/json")])
    artifact_store(store().publish(recipe, product, provenance={}).as_json())
    Job.objects.filter(digest=result.digest).update(state=Job.State.FINISHED)
    return recipe


def dump() -> bytes:
    """Every row of every table."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return "\n".join(connection.connection.iterdump()).encode()
    with connection.cursor() as cursor:
        pieces = []
        for table in connection.introspection.table_names(cursor):
            with cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                pieces += [bytes(row) for row in copy]
    return b"".join(pieces)


def files(folder: str) -> bytes:
    return b"\n".join(str(path).encode() + path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


def traces(session: Session) -> list[str]:
    """By what the person could be found: the recruiter's ids, the hash, the ids of their rows."""
    ids = [session.id, session.participant_id, *session.trials.values_list("id", flat=True)]
    ids += Response.objects.filter(trial__session=session).values_list("id", flat=True)
    secrets = [session.participant.external_id_hash, session.token_sha256, session.completion_code]
    return [PERSON, *secrets, *(str(pk) for pk in ids), *(pk.hex for pk in ids)]


def found(needles: Sequence[str], haystack: bytes) -> list[str]:
    return [needle for needle in needles if needle.encode() in haystack]


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


def test_results_are_computed_anew_from_what_is_left(settings):
    study = paid_study()
    other, session = took_part(study, external_id="somebody-else"), took_part(study)
    old = analyzed(study)

    sessions_erase(Session.objects.filter(id=session.id))

    assert not StudyResult.objects.exists()
    assert not Artifact.objects.filter(digest=old.digest).exists()
    assert store().manifest(old.digest) is None
    assert has_news(study)
    new = analyzed(study)
    assert str(other.id).encode() in store().read_blob(new.table)
    assert StudyResult.objects.get().live_sessions == 1


def test_artifacts_that_others_need_stay(settings):
    study, other_study = paid_study(), paid_study()
    session = took_part(study)
    took_part(other_study, external_id="somebody-else")
    analyzed(study)
    kept = analyzed(other_study)
    stimuli = Artifact.objects.exclude(kind="analysis").count()

    sessions_erase(Session.objects.filter(id=session.id))

    assert store().read_blob(kept.table)
    assert store().manifest(kept.digest) is not None
    assert Artifact.objects.exclude(kind="analysis").count() == stimuli
    assert made_up.session(study)[0].trials.exists()


def test_shared_file_of_two_results_stays_as_long_as_one_needs_it(settings):
    study, other_study = paid_study(), paid_study()
    session = took_part(study)
    took_part(other_study, external_id="somebody-else")
    same = NewFile(name="figure.svg", content=b"<svg/>", media_type="image/svg+xml")
    for one in (study, other_study):
        result = results_request(one)
        recipe = Analysis(paper=one.paper, table=Job.objects.get(digest=result.digest).recipe["table"])
        artifact_store(store().publish(recipe, Product(new_files=[same]), provenance={}).as_json())

    sessions_erase(Session.objects.filter(id=session.id))

    (left,) = Artifact.objects.filter(kind="analysis")
    assert store().read_blob(left.read_manifest().file("figure.svg").sha256) == b"<svg/>"


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
    needles += [session.completion_code, str(session.participant_id)]

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


def test_answers_that_are_erased_while_a_table_is_written_are_in_no_table(monkeypatch, settings):
    study = paid_study()
    session = took_part(study)
    took_part(study, external_id="somebody-else")
    write = ArtifactStore.write_blob

    def write_after_somebody_was_erased(self: ArtifactStore, content: bytes) -> str:
        if str(session.id).encode() in content:
            sessions_erase(Session.objects.filter(id=session.id))
        return write(self, content)

    monkeypatch.setattr(ArtifactStore, "write_blob", write_after_somebody_was_erased)

    assert results_request(study) is None
    assert str(session.id).encode() not in files(settings.ARTIFACT_URL)
    assert results_request(study) is not None


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


def test_code_shows_then_erases_then_is_unknown(client):
    study = paid_study()
    code = session_withdraw(took_part(study))
    typed = f" {code.lower().replace('-', ' ')} "

    shown = client.post("/erase/", {"code": typed})
    assert "7 answers" in shown.content.decode()
    assert study.title in shown.content.decode()
    assert Session.objects.count() == 1

    erased = client.post("/erase/", {"code": typed, "confirm": "yes"})
    again = client.post("/erase/", {"code": typed, "confirm": "yes"})

    assert "Your answers are erased" in erased.content.decode()
    assert (again.status_code, Session.objects.count()) == (404, 0)


def test_code_from_the_thank_you_page_erases_what_was_answered(browser, client):
    browsing, session = browser(made_up.study())
    progress.answer_plan(progress.to_main(session))
    code = post(browsing, session, "finish").json()["erasure_code"]

    client.post("/erase/", {"code": code, "confirm": "yes"})

    assert not Session.objects.exists()
    assert not Trial.objects.exists()
    assert not Participant.objects.exists()
    assert browsing.get(f"/p/{session.study_id}/session").status_code == 401


@pytest.mark.parametrize("code", ["", " ", "-", "0189", "AAAAA-AAAAA-AAAAA-AAAAA", "x" * 5000, "ä\0€", "'; DROP TABLE"])
def test_wrong_code_erases_nothing(client, code):
    made_up.session(made_up.study())

    assert client.post("/erase/", {"code": code, "confirm": "yes"}).status_code == 404
    assert Session.objects.count() == 1


def test_page_asks_for_a_code_and_the_forms_for_their_token(client):
    assert client.get("/erase/").status_code == 200
    assert Client(enforce_csrf_checks=True).post("/erase/", {"code": "x"}).status_code == 403
    assert client.put("/erase/").status_code == 405


def erase(*words: str) -> str:
    out = StringIO()
    call_command("participant_erase", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_command_erases_a_person_by_the_recruiters_id():
    study, other_study = paid_study(), paid_study()
    took_part(study), took_part(other_study)
    other = took_part(study, external_id="somebody-else")

    dry = erase("--external-id", PERSON, "--dry-run")
    assert Session.objects.count() == 3
    done = erase("--external-id", PERSON)

    assert dry.splitlines()[1:] == done.splitlines()[1:]
    assert "  sessions: 2" in done.splitlines()
    assert list(Session.objects.all()) == [other]
    assert not Submission.objects.filter(external_participant_id=PERSON).exists()


def test_command_erases_one_session():
    sessions = [took_part(paid_study()), took_part(paid_study())]

    erase("--session", str(sessions[0].id))

    assert list(Session.objects.all()) == [sessions[1]]


def test_command_erases_a_person_for_whom_there_was_no_place():
    study = made_up.study()
    made_up.participant_enter(external_id=PERSON, kind="live", consent=study.consent)

    assert "  consents: 1" in erase("--external-id", PERSON).splitlines()
    assert not Participant.objects.exists()
    assert not Consent.objects.exists()


def test_command_erases_whom_a_recruiter_knows_by_that_id():
    study = paid_study()
    Recruitment.objects.update(recruiter="prolific")
    session = took_part(study)
    Submission.objects.update(external_participant_id="prolific-id")

    with pytest.raises(SystemExit):
        erase("--external-id", "prolific-id")
    erase("--external-id", "prolific-id", "--recruiter", "prolific")

    assert not Session.objects.filter(id=session.id).exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--external-id", "nobody"),
        ("--external-id", ""),
        ("--external-id", PERSON, "--recruiter", "horoscope"),
        ("--session", "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_command_says_what_is_unknown(words):
    with pytest.raises(SystemExit) as ended:
        erase(*words)

    assert ended.value.code == 2


def test_admin_shows_then_erases():
    session = took_part(paid_study())
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    form = {"action": "erase", "_selected_action": [str(session.id)]}

    shown = client.post("/admin/studies/session/", form)
    assert "7 answers" in shown.content.decode()
    assert Session.objects.count() == 1
    client.post("/admin/studies/session/", {**form, "confirm": "yes"})

    assert not Session.objects.exists()
    assert found([PERSON, str(session.id), session.id.hex], dump()) == []


def test_admin_erases_only_for_those_who_may():
    session = took_part(paid_study())
    watcher = User.objects.create_user("watcher", is_staff=True)
    watcher.user_permissions.add(*_permissions("view_session", "change_study"))
    client = Client()
    client.force_login(watcher)

    client.post("/admin/studies/session/", {"action": "erase", "_selected_action": [str(session.id)], "confirm": "yes"})

    assert Session.objects.count() == 1


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

    assert found([PERSON, SUBMISSION], files(str(tmp_path))) == []


def _permissions(*names: str) -> Any:
    return User._meta.get_field("user_permissions").related_model.objects.filter(codename__in=names)
