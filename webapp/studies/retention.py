"""Erases what a study keeps no longer: the recruiter's ids, or the answers. Called every minute, and by `manage.py retention`.

Nobody loses their pay by it: whoever is not paid, or is in the middle of a session, stays until that is settled.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from webapp.one_by_one import one_by_one
from webapp.participants.audit import audit_write
from webapp.participants.erasure import FORGOTTEN, participant_forget, submission_forget
from webapp.participants.models import AuditEntry, Payment, Submission
from webapp.studies.erasure import disk_forget, sessions_erase
from webapp.studies.models import Session, Study
from webapp.studies.services.rules_lock import rules_take
from webapp.studies.services.study_state import study_close

IDS, ANSWERS = "personal ids", "answers"
SLICE = 50
"""Sessions that are erased in one transaction, of about a second."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a study keeps until a day."""

    study: Study
    what: str
    until: date
    sessions: tuple[uuid.UUID, ...]
    """Those whose turn it is when the day is over."""
    unpaid: int
    """Sessions beside these whose person has a payment that is not paid."""
    under_way: int
    """Sessions beside these that somebody is at."""

    def is_over(self, now: datetime) -> bool:
        """Whether the day has passed, by UTC."""
        return self.until < now.date()


def kept_until(*, now: datetime) -> list[Kept]:
    """What studies keep until a day, the first day first."""
    return [_kept(study, what, until, now=now) for until, study, what in _dates()]


def retention_apply(*, now: datetime) -> list[Kept]:
    """Erase what is over, and close studies that would gather more; what was over, as it stood before."""
    over: list[Kept] = []
    past = [one for one in _dates() if one[0] < now.date()]
    one_by_one(past, lambda one: over.append(_end(*one, now=now)))
    return over


def _end(until: date, study: Study, what: str, *, now: datetime) -> Kept:
    with transaction.atomic():
        if Study.objects.filter(id=study.id, state__in=(Study.State.OPEN, Study.State.PAUSED)).exists():
            study_close(study)
        kept = _kept(study, what, until, now=now)
    # By slices: nobody else can write to SQLite, or to these rows, while one is erased.
    for first in range(0, len(kept.sessions), SLICE):
        with transaction.atomic():
            _erase(kept, kept.sessions[first : first + SLICE], now=now)
    return kept


def _dates() -> Iterator[tuple[date, Study, str]]:
    studies = Study.objects.exclude(personal_ids_until=None, answers_until=None).select_related("recruitment")
    dates = [(study.personal_ids_until, study, IDS) for study in studies]
    dates += [(study.answers_until, study, ANSWERS) for study in studies]
    known = [(until, study, what) for until, study, what in dates if until is not None]
    yield from sorted(known, key=lambda one: (one[0], one[1].name, one[2]))


def _kept(study: Study, what: str, until: date, *, now: datetime) -> Kept:
    sessions = _known(study, now=now) if what == IDS else _with_answers(study)
    is_unpaid, is_under_way = _is_unpaid(study), _is_under_way(now)
    return Kept(
        study=study,
        what=what,
        until=until,
        sessions=tuple(sessions.exclude(is_unpaid).exclude(is_under_way).values_list("id", flat=True)),
        unpaid=sessions.filter(is_unpaid).count(),
        under_way=sessions.exclude(is_unpaid).filter(is_under_way).count(),
    )


def _is_unpaid(study: Study) -> Exists:
    owed = Payment.objects.filter(recruitment=study.recruitment, participant=OuterRef("participant"))
    return Exists(owed.exclude(state=Payment.State.PAID))


def _is_under_way(now: datetime) -> Q:
    return Q(state=Session.State.RUNNING, lease_until__gte=now)


def _known(study: Study, *, now: datetime) -> QuerySet[Session]:
    """The sessions whose person has ids here, or a hash that no study needs any more."""
    own = Submission.objects.filter(recruitment=study.recruitment, participant=OuterRef("participant"))
    nameless = Q(participant__external_id_hash__startswith=FORGOTTEN)
    needed = Exists(_needing(now).filter(participant=OuterRef("participant")))
    return study.sessions.filter(Exists(own) | (~nameless & ~needed))


def _needing(now: datetime) -> QuerySet[Session]:
    """The sessions of studies that still want to know their people again."""
    return Session.objects.exclude(study__personal_ids_until__lt=now.date())


def _with_answers(study: Study) -> QuerySet[Session]:
    """All but those whose person is cut off already: they began, as it seems, when the study was made."""
    return study.sessions.filter(created_at__gt=F("study__created_at"))


def _erase(kept: Kept, ids: Sequence[uuid.UUID], *, now: datetime) -> None:
    # Somebody may have come back while earlier slices went, or handed in and have to be paid.
    rules_take(kept.study)
    settled = Session.objects.filter(id__in=ids).exclude(_is_unpaid(kept.study)).exclude(_is_under_way(now))
    sessions = settled.select_related("participant")
    if kept.what == ANSWERS:
        sessions_erase(sessions, action=AuditEntry.Action.RETENTION)
    else:
        for session in sessions:
            if kept.study.recruitment:
                submission_forget(session.participant, kept.study.recruitment)
            if not _needing(now).filter(participant=session.participant).exists():
                participant_forget(session.participant)
        audit_write(AuditEntry.Action.RETENTION, studies=[kept.study.name], what=IDS, sessions=len(sessions))
        transaction.on_commit(disk_forget)
