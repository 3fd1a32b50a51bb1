"""Writes of a study that runs: pause it, resume it, close it; pause and resume a condition."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from experiments.contract.fields import require
from webapp.studies.models import Condition, Session, SessionEvent, Study


@transaction.atomic
def study_pause(study: Study) -> Study:
    """Let nobody begin or go on. Answers that arrive nevertheless are stored, and the clocks of those under way stand still.

    Raises:
        InputError: It is not open.
    """
    study = _locked(study, from_states=(Study.State.OPEN,), become="paused")
    study.state, study.paused_at = Study.State.PAUSED, timezone.now()
    study.save(update_fields=["state", "paused_at"])
    return study


@transaction.atomic
def study_resume(study: Study) -> Study:
    """Open a paused or closed study again; whoever had to wait has as much time left as before.

    Raises:
        InputError: It is neither paused nor closed.
    """
    study = _locked(study, from_states=(Study.State.PAUSED, Study.State.CLOSED), become="opened again")
    return _left_pause(study, Study.State.OPEN)


@transaction.atomic
def study_close(study: Study) -> Study:
    """Let nobody else begin; those who have begun may finish.

    Raises:
        InputError: It is neither open nor paused.
    """
    study = _locked(study, from_states=(Study.State.OPEN, Study.State.PAUSED), become="closed")
    return _left_pause(study, Study.State.CLOSED)


def condition_pause(condition: Condition) -> None:
    """Assign nobody else to a condition; those who are in it go on."""
    Condition.objects.filter(id=condition.id).update(is_paused=True)


def condition_resume(condition: Condition) -> None:
    """Assign people to a condition again."""
    Condition.objects.filter(id=condition.id).update(is_paused=False)


def _locked(study: Study, *, from_states: Sequence[str], become: str) -> Study:
    locked = Study.objects.select_for_update(no_key=True).get(id=study.id)
    remedy = f"Only what is {' or '.join(from_states)} can be {become}; load the page again"
    require(locked.state in from_states, "state", f"{locked.name} is {locked.state}", remedy)
    return locked


def pause_note(sessions: Iterable[Session], *, paused_at: datetime) -> None:
    """Note how long sessions waited because their study is paused: it does not count as theirs."""
    now = timezone.now()
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session=session,
            kind=SessionEvent.Kind.PAUSED,
            details={"seconds": (now - max(paused_at, session.served_at or now)).total_seconds()},
        )
        for session in sessions
    )


def _left_pause(study: Study, state: str) -> Study:
    """Give the study its new state; if it was paused, note for each session how long it waited, and move its lease."""
    if study.paused_at is not None:
        waited = study.sessions.filter(state__in=Session.UNFINISHED)
        # Locked: whoever ends at this moment notes the pause themselves.
        pause_note(waited.select_for_update(no_key=True).order_by("id"), paused_at=study.paused_at)
        waited.update(lease_until=F("lease_until") + (timezone.now() - study.paused_at))
    study.state, study.paused_at = state, None
    study.save(update_fields=["state", "paused_at"])
    return study
