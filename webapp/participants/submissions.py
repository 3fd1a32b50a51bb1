"""How submissions stand at their recruiters. What is stored here is what a recruiter told, never what we expect of it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from webapp.participants.models import Recruitment, Submission
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import GIVEN_BACK, Entry, NotDoneError, RemoteSubmission, Standing
from webapp.participants.signals import submission_given_back

log = logging.getLogger(__name__)
STATE_LENGTH = 24


def submissions_reconcile(recruitment: Recruitment) -> list[Submission]:
    """Take home how all submissions of a recruitment stand; those that changed.

    Whoever's submission was returned or timed out gives the task back: see the signal.

    Raises:
        NotDoneError: The recruiter could not be asked; nothing was changed.
    """
    by_person: defaultdict[str, list[RemoteSubmission]] = defaultdict(list)
    for remote in recruiter_of(recruitment).submissions():
        by_person[remote.external_participant_id].append(remote)
    changed, same = [], []
    for submission in recruitment.submissions.exclude(external_participant_id=""):
        told = _own(submission, by_person[submission.external_participant_id])
        if told and submission_update(submission, told):
            changed.append(submission)
        else:
            same.append(submission.pk)
    Submission.objects.filter(pk__in=same).update(checked_at=timezone.now())
    told_of = [remote for remotes in by_person.values() for remote in remotes]
    Recruitment.objects.filter(pk=recruitment.pk).update(strangers=len(_strangers(recruitment, told_of)))
    return changed


def submissions_of_strangers(recruitment: Recruitment) -> list[RemoteSubmission]:
    """What waits at the recruiter for a review, handed in by people who never were here, or were erased. Nothing of it is kept.

    Raises:
        NotDoneError: The recruiter could not be asked.
    """
    return _strangers(recruitment, recruiter_of(recruitment).submissions())


def submission_update(submission: Submission, told: RemoteSubmission) -> bool:
    """Store what the recruiter told of a submission; whether it is news. Telling it twice changes nothing."""
    state = told.state[:STATE_LENGTH]
    if (submission.state, submission.external_id) == (state, told.external_id):
        return False
    with transaction.atomic():
        # Without the ids of somebody who was erased while the recruiter was asked.
        kept = Submission.objects.filter(pk=submission.pk).exclude(external_participant_id="")
        is_kept = kept.update(state=state, external_id=told.external_id, checked_at=timezone.now())
        if is_kept and told.standing in GIVEN_BACK:
            submission.refresh_from_db()
            submission_given_back.send(sender=Submission, submission=submission)
    return bool(is_kept)


def submission_is_open(recruitment: Recruitment, entry: Entry) -> bool:
    """Whether the recruiter says that a submission is this person's and under way. Where it says nothing, nobody is believed."""
    try:
        told = recruiter_of(recruitment).submission(entry.submission_id)
    except NotDoneError as error:
        log.warning("somebody who came again is not let in, since the recruiter says nothing: %s", error)
        return False
    return (told.external_participant_id, told.standing) == (entry.external_participant_id, Standing.OPEN)


def _strangers(recruitment: Recruitment, remotes: Iterable[RemoteSubmission]) -> list[RemoteSubmission]:
    known = set(recruitment.submissions.values_list("external_participant_id", flat=True))
    return [remote for remote in remotes if remote.standing is Standing.HANDED_IN and remote.external_participant_id not in known]


def _own(submission: Submission, remotes: Sequence[RemoteSubmission]) -> RemoteSubmission | None:
    """The person's submission that we know, else one that they still have: links can be forged, the list cannot."""
    known = [remote for remote in remotes if remote.external_id == submission.external_id]
    kept = [remote for remote in remotes if remote.standing not in GIVEN_BACK]
    return next((found[-1] for found in (known, kept, remotes) if found), None)
