"""Hears of submissions that participants gave back at their recruiter: whoever has not finished gives the task back."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from webapp.participants.models import Submission
from webapp.participants.signals import submission_given_back
from webapp.studies.models import Session, SessionEvent


@receiver(submission_given_back)
def sessions_return(sender: type[Submission], *, submission: Submission, **_: Any) -> None:
    """End the unfinished session of a submission. One that finished here stays: its answers are complete."""
    own = Session.objects.filter(
        participant_id=submission.participant_id, study__recruitment=submission.recruitment_id, state__in=Session.UNFINISHED
    )
    for session in own:
        session_return(session, submission_state=submission.state)


@transaction.atomic
def session_return(session: Session, *, submission_state: str) -> None:
    """Let somebody else have the task; nothing that was answered is lost."""
    unfinished = Session.objects.filter(id=session.id, state__in=Session.UNFINISHED)
    if unfinished.update(state=Session.State.RETURNED):
        details = {"submission": submission_state}
        SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.RETURNED, details=details)
