"""Erases what a person answered, wherever it lies: rows, tables of analyses, results, and what `participants` knows.

Called by the page `/erase/`, by `manage.py participant_erase`, by the admin and by the dates of studies. What remains are
counts and payments that lead to nobody. Exports that somebody took home are theirs to clean, and listed; so are backups.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.db.models import F, QuerySet

from webapp.participants.audit import audit_write
from webapp.participants.erasure import UNPAID, participant_erase, participant_nobody, participation_erase
from webapp.participants.models import AuditEntry, Consent, Participant, Payment, Submission
from webapp.studies.models import QualityVerdict, Response, Session, SessionEvent, Study, Trial
from webapp.studies.results.requests import results_drop
from webapp.studies.services.withdrawal import code_sha256
from webapp.studies.taken_home import exports_with

FORGET_MILLISECONDS = 1000


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an erasure takes away, in numbers."""

    studies: tuple[str, ...]
    """Titles."""
    anonymized: tuple[str, ...]
    """Titles of those studies whose answers stay, with nobody behind them."""
    sessions: int
    answers: int
    verdicts: int
    events: int
    consents: int
    submissions: int
    unpaid: int
    """Payments that cannot be made any more."""
    exports: tuple[str, ...]
    """What was exported since the sessions began, in words: files to clean, or to make anew."""


def sessions_of_code(code: str) -> QuerySet[Session]:
    """The session that an erasure code erases; none if the code is none."""
    return Session.objects.filter(erasure_code_sha256=code_sha256(code)) if code.strip() else Session.objects.none()


def erasure_preview(sessions: Sequence[Session], *, persons: Sequence[Participant] = ()) -> Erasure:
    """What `sessions_erase` would take away."""
    participants = {session.participant_id for session in sessions} | {person.id for person in persons}
    left = Session.objects.filter(participant__in=participants).exclude(id__in=[session.id for session in sessions])
    leaving = participants - set(left.values_list("participant_id", flat=True))
    studies = list(Study.objects.filter(sessions__in=sessions).distinct().order_by("title"))
    recruitments = [study.recruitment_id for study in studies]
    submissions = Submission.objects.filter(participant__in=participants, recruitment__in=recruitments)
    payments = Payment.objects.filter(participant__in=participants, recruitment__in=recruitments, state__in=UNPAID)
    return Erasure(
        studies=tuple(study.title for study in studies),
        anonymized=tuple(study.title for study in studies if study.erasure == Study.Erasure.ANONYMIZE),
        sessions=len(sessions),
        answers=Response.objects.filter(trial__session__in=sessions).count(),
        verdicts=QualityVerdict.objects.filter(session__in=sessions).count(),
        events=SessionEvent.objects.filter(session__in=sessions).count(),
        consents=Consent.objects.filter(participant__in=leaving).count(),
        submissions=submissions.count(),
        unpaid=payments.count(),
        exports=tuple(exports_with(sessions)),
    )


@transaction.atomic
def sessions_erase(
    sessions: QuerySet[Session],
    *,
    persons: Sequence[Participant] = (),
    actor: User | AnonymousUser | None = None,
    action: AuditEntry.Action = AuditEntry.Action.ERASED,
) -> Erasure:
    """Erase sessions by their studies' policies, and those of their people and of `persons` who have no other session.

    The audit tells of it as `action` of `actor`.

    Returns:
        What went.
    """
    studies = Study.objects.select_for_update(of=("self",), no_key=True).select_related("recruitment")
    locked = {study.id: study for study in studies.filter(id__in=set(sessions.values_list("study_id", flat=True))).order_by("id")}
    # Read behind the lock: somebody else may have erased them while it was waited for. Answers under way are stored before
    # that, and go too, or find no session.
    found = list(sessions.select_related("participant").select_for_update(of=("self",)).order_by("id"))
    erasure = erasure_preview(found, persons=persons)
    for session in found:
        _session_erase(session, locked[session.study_id])
    people = {session.participant_id for session in found} | {person.id for person in persons}
    # Held before their sessions are looked for: somebody may enter another study at this moment.
    held = list(Participant.objects.select_for_update().filter(id__in=people).order_by("id").values_list("id", flat=True))
    for participant in Participant.objects.filter(id__in=held, sessions=None):
        participant_erase(participant)
    if people:
        names = sorted(study.name for study in locked.values())
        told = {"studies": names, "sessions": erasure.sessions, "answers": erasure.answers, "exports": erasure.exports}
        audit_write(action, actor=actor, **told)
    # Last, since files do not come back when a transaction fails; whoever sees it fail erases again.
    for study in locked.values():
        results_drop(study)
    transaction.on_commit(disk_forget)
    return erasure


def _session_erase(session: Session, study: Study) -> None:
    if study.erasure == Study.Erasure.ANONYMIZE:
        session_anonymize(session, study)
    session.delete()
    if study.recruitment:
        participation_erase(session.participant, study.recruitment)
    live = int(session.kind == Participant.Kind.LIVE)
    counts = {"erased_sessions": F("erased_sessions") + 1, "erased_live_sessions": F("erased_live_sessions") + live}
    Study.objects.filter(id=study.id).update(**counts)


def session_anonymize(session: Session, study: Study) -> None:
    """Move the answers to a new session behind which nobody can be found: other ids, times counted from the study's making.

    Durations stay as they were. The ids of trials and answers stay too: they lead from an earlier export to its copy here,
    and from there to nobody.
    """
    shift = session.created_at - study.created_at
    copy = Session.objects.get(id=session.id)
    copy.pk = uuid.uuid4()
    copy._state.adding = True
    copy.participant = participant_nobody(session.participant)
    copy.token_sha256 = secrets.token_hex(32)
    copy.tab = copy.completion_code = copy.erasure_code_sha256 = ""
    copy.seen_at = None
    copy.lease_until -= shift
    copy.served_at = copy.served_at and copy.served_at - shift
    copy.finished_at = copy.finished_at and copy.finished_at - shift
    copy.save()
    # A row's own making is not ours to choose when it is made.
    Session.objects.filter(id=copy.id).update(created_at=study.created_at)
    _answers_move(session, copy, shift)


def _answers_move(session: Session, copy: Session, shift: timedelta) -> None:
    Response.objects.filter(trial__session=session).update(answered_at=F("answered_at") - shift)
    Trial.objects.filter(session=session).update(session=copy)
    QualityVerdict.objects.filter(session=session).update(session=copy, checked_at=F("checked_at") - shift)
    pauses = SessionEvent.objects.filter(session=session, kind=SessionEvent.Kind.PAUSED)
    pauses.update(session=copy, at=F("at") - shift)


def disk_forget() -> None:
    """SQLite's log would keep the pages until it is written over. Whoever reads holds it up: the minute's task tries again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            # Writers wait meanwhile.
            cursor.execute(f"PRAGMA busy_timeout = {FORGET_MILLISECONDS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
