"""Dates of erasure: what is over goes, what is promised is kept, and nobody loses their pay by it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models.signals import pre_delete
from django.test import Client
from django.utils import timezone

from experiments.contract.errors import InputError
from tests.services import processes
from tests.webapp import made_up
from tests.webapp.traces import PERSON, SUBMISSION, dump, found, paid_study, took_part
from webapp.participants.erasure import participants_known_as
from webapp.participants.ledger import reward_plan
from webapp.participants.models import AuditEntry, Participant, Payment, Submission
from webapp.studies import retention
from webapp.studies.models import Response, Session, Study
from webapp.studies.retention import kept_until, retention_apply
from webapp.studies.services.study import dates_check, study_copy
from webapp.studies.services.withdrawal import erasure_code_give

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LATER = timezone.now() + timedelta(days=400)
DAY = (LATER - timedelta(days=1)).date()


@contextmanager
def before_each_erasure(act: Callable[..., None]) -> Iterator[None]:
    """Something happens before each session goes."""
    pre_delete.connect(act, sender=Session)
    try:
        yield
    finally:
        pre_delete.disconnect(act, sender=Session)


def test_ids_go_after_their_day_and_answers_stay() -> None:
    study = paid_study(personal_ids_until=DAY)
    session = took_part(study)
    hashed = session.participant.external_id_hash
    code = erasure_code_give(session, token="secret")

    retention_apply(now=LATER - timedelta(days=1))
    assert found([PERSON, SUBMISSION, hashed], dump()) != []
    retention_apply(now=LATER)

    session.refresh_from_db()
    assert found([SUBMISSION, hashed], dump()) == []
    assert participants_known_as(PERSON, recruiter="direct") == []
    assert Response.objects.filter(trial__session=session).count() == 7
    assert Payment.objects.get().amount == 279
    assert (Payment.objects.get().error, Payment.objects.get().order_id) == ("", "")
    Client().post("/erase/", {"code": code, "confirm": "yes"})
    assert not Session.objects.exists()


def test_sqlites_log_forgets_the_ids_too_at_the_latest_when_nobody_reads_any_more(tmp_path: Path) -> None:
    env = {
        "SECRET_KEY": "only-for-tests",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "ARTIFACT_URL": f"{tmp_path}/artifacts",
    }
    code = "from tests.webapp.forgotten import forget; forget()"

    said = processes.run_manage("shell", "--no-imports", "--command", code, env=env)

    assert json.loads(said.splitlines()[-1]) == [True, False, True, False]


@pytest.mark.parametrize(("policy", "answers"), [(Study.Erasure.DELETE, 0), (Study.Erasure.ANONYMIZE, 7)])
def test_answers_go_by_the_studys_policy_once(policy: str, answers: int) -> None:
    study = paid_study(answers_until=DAY, erasure=policy)
    session = took_part(study)
    before = str(session.id)

    retention_apply(now=LATER)
    after = dump()
    retention_apply(now=LATER + timedelta(days=1))

    assert found([PERSON, before, session.id.hex], dump()) == []
    assert dump() == after
    assert Response.objects.count() == answers
    assert Study.objects.get().erased_sessions == 1
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.details["studies"]) == (AuditEntry.Action.RETENTION, [study.name])


@pytest.mark.parametrize("dates", [{"personal_ids_until": DAY}, {"answers_until": DAY}])
def test_whoever_is_not_paid_or_not_done_stays(dates: dict[str, date]) -> None:
    study = paid_study(**dates)
    took_part(study, external_id="paid-person")
    took_part(study, external_id="failed-person", payment=Payment.State.FAILED)
    took_part(study, external_id="owed-person", payment=Payment.State.APPROVED)
    running, _ = made_up.session(study, external_id="busy-person")
    Session.objects.filter(id=running.id).update(lease_until=LATER + timedelta(hours=1))

    (kept,) = retention_apply(now=LATER)

    assert (len(kept.sessions), kept.unpaid, kept.under_way) == (1, 2, 1)
    known = [name for name in ("paid", "failed", "owed", "busy") if participants_known_as(f"{name}-person", recruiter="direct")]
    assert known == ["failed", "owed", "busy"]
    Payment.objects.update(state=Payment.State.PAID)
    retention_apply(now=LATER + timedelta(hours=2))
    assert not Submission.objects.exists()
    assert not Participant.objects.exclude(external_id_hash__startswith="-").exists()


def test_person_stays_known_to_another_study_that_keeps_ids_longer() -> None:
    study, longer = paid_study(personal_ids_until=DAY), paid_study(personal_ids_until=DAY + timedelta(days=30))
    took_part(study), took_part(longer)

    retention_apply(now=LATER)
    assert [submission.recruitment for submission in Submission.objects.all()] == [longer.recruitment]
    assert len(participants_known_as(PERSON, recruiter="direct")) == 1
    retention_apply(now=LATER + timedelta(days=31))

    assert participants_known_as(PERSON, recruiter="direct") == []


def test_study_that_would_gather_more_is_closed() -> None:
    studies = [paid_study(personal_ids_until=DAY), paid_study()]

    retention_apply(now=LATER)

    assert [Study.objects.get(id=study.id).state for study in studies] == ["closed", "open"]


def test_command_says_what_goes_when_and_a_dry_run_changes_nothing() -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    study = paid_study(personal_ids_until=yesterday, answers_until=DAY)
    took_part(study)
    took_part(study, external_id="owed-person", payment=Payment.State.PLANNED)
    before = dump()
    said = []
    for words in (["--dry-run"], []):
        out = StringIO()
        call_command("retention", *words, stdout=out)
        said.append(out.getvalue().splitlines())
        if words:
            assert dump() == before

    stay = "  1 sessions stay until their persons are paid: see Payments in the admin"
    later = f"{study.name}: answers until {DAY}: 1 sessions to come"
    assert said[0] == [f"{study.name}: personal ids until {yesterday}: 1 sessions due now", stay, later]
    assert said[1] == [f"{study.name}: personal ids until {yesterday}: 1 sessions erased", stay, later]
    assert [len(kept.sessions) for kept in kept_until(now=timezone.now())] == [0, 1]


def test_command_says_that_nothing_is_kept_until_a_date() -> None:
    out = StringIO()

    call_command("retention", stdout=out)

    assert out.getvalue() == "No study keeps anything until a date.\n"


@pytest.mark.parametrize(
    ("language", "policy", "words"),
    [("en", "delete", "keep your answers until"), ("de", "delete", "dann werden sie"), ("de", "anonymize", "führt nichts mehr")],
)
def test_consent_page_tells_the_dates(client: Client, language: str, policy: str, words: str) -> None:
    study = made_up.study()
    Study.objects.update(languages=["en", "de"], erasure=policy)
    silent = client.get(f"/p/{study.id}/?language={language}").content.decode()
    Study.objects.update(personal_ids_until=date(2031, 1, 2), answers_until=date(2032, 3, 4))

    shown = client.get(f"/p/{study.id}/?language={language}").content.decode()

    assert words not in silent
    assert words in shown
    assert "2031-01-02" in shown
    assert "2032-03-04" in shown


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (DAY, None),
        (DAY - timedelta(days=30), None),
        (DAY + timedelta(days=1), "participants were promised"),
        (None, "participants were promised"),
        (date(2020, 1, 1), "is over"),
    ],
)
def test_promise_to_people_can_only_be_made_shorter(researcher: Client, until: date | None, told: str | None) -> None:
    study = paid_study(answers_until=DAY)
    took_part(study)
    form = {"title": study.title, "erasure": study.erasure, "answers_until": until or "", "personal_ids_until": DAY}

    page = researcher.post(f"/admin/studies/study/{study.id}/change/", form)

    study.refresh_from_db()
    assert study.answers_until == (DAY if told else until)
    assert told is None or told in page.content.decode()


@pytest.mark.parametrize(
    ("promised", "wanted", "has_begun", "becomes"),
    [
        ("delete", "anonymize", True, "delete"),
        ("anonymize", "delete", True, "delete"),
        ("delete", "anonymize", False, "anonymize"),
    ],
)
def test_answers_that_people_were_promised_would_go_cannot_be_made_to_stay(
    researcher: Client, promised: str, wanted: str, has_begun: bool, becomes: str
) -> None:
    study = paid_study(erasure=promised)
    if has_begun:
        took_part(study)

    page = researcher.post(f"/admin/studies/study/{study.id}/change/", {"title": study.title, "erasure": wanted})

    study.refresh_from_db()
    assert study.erasure == becomes
    assert ("People agreed to answers that are erased" in page.content.decode()) == (becomes != wanted)


def test_study_that_nobody_has_begun_may_keep_longer_and_a_copy_has_no_dates() -> None:
    study = made_up.study()
    Study.objects.update(answers_until=DAY)
    study.refresh_from_db()

    dates_check({"answers_until": None}, today=date.today(), promised=study)

    assert study_copy(study, name="copied").answers_until is None
    with pytest.raises(InputError):
        dates_check({"answers_until": date(2020, 1, 1)}, today=date.today(), promised=study)


def test_many_sessions_go_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    study = paid_study(answers_until=DAY)
    for number in range(5):
        took_part(study, external_id=f"somebody{number}")
    monkeypatch.setattr(retention, "SLICE", 2)

    (kept,) = retention_apply(now=LATER)

    assert len(kept.sessions) == 5
    assert not Session.objects.exists()
    assert sorted(entry.details["sessions"] for entry in AuditEntry.objects.all()) == [1, 2, 2]


def test_whoever_comes_back_while_others_are_erased_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    study = paid_study(answers_until=DAY)
    for number in range(3):
        made_up.session(study, external_id=f"somebody{number}")
    monkeypatch.setattr(retention, "SLICE", 1)

    def come_back(instance: Session, **_: object) -> None:
        Session.objects.exclude(id=instance.id).update(lease_until=LATER + timedelta(hours=1))

    with before_each_erasure(come_back):
        retention_apply(now=LATER)

    assert study.sessions.count() == 2


def test_whoever_earns_something_while_others_are_erased_stays_until_it_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    study = paid_study(answers_until=DAY)
    people = [made_up.session(study, external_id=f"somebody{number}")[0].participant for number in range(3)]
    monkeypatch.setattr(retention, "SLICE", 1)

    def earn(instance: Session, **_: object) -> None:
        for person in people:
            reward_plan(study.recruitment, person)

    with before_each_erasure(earn):
        retention_apply(now=LATER)

    assert study.sessions.count() == 2
    assert Payment.objects.filter(state=Payment.State.PLANNED).count() == 2
    assert sum(entry.details["sessions"] for entry in AuditEntry.objects.all()) == 1


def test_study_that_cannot_be_erased_keeps_no_other_waiting() -> None:
    first, broken, last = (paid_study(answers_until=DAY) for _ in range(3))
    for number, study in enumerate((first, broken, last)):
        took_part(study, external_id=f"somebody{number}")
    stuck = broken.sessions.get()

    def refuse(instance: Session, **_: object) -> None:
        if instance.id == stuck.id:
            raise OSError("the disk is full")

    with before_each_erasure(refuse), pytest.raises(ExceptionGroup) as failed:
        retention_apply(now=LATER)

    (error,) = failed.value.exceptions
    assert broken.name in error.__notes__[0] or str(broken.pk) in error.__notes__[0] or broken.title in error.__notes__[0]
    assert list(Session.objects.values_list("id", flat=True)) == [stuck.id]
