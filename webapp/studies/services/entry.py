"""The write of an entry: consent, the recruiter's ids and the session are stored together, or not at all.

Ids are no secrets: nobody comes into a session that another browser began by an id alone.
"""

from dataclasses import dataclass, replace

from django.db import transaction

from experiments.contract.errors import InputError
from webapp.api_errors import Conflict
from webapp.participants.models import ConsentText, Participant, Recruitment, Submission
from webapp.participants.recruiters.base import Entry
from webapp.participants.services import participant_enter, submission_note
from webapp.participants.submissions import submission_is_open
from webapp.studies.models import Session, Study
from webapp.studies.selectors import session_by_token
from webapp.studies.services.session import session_start

STRANGER = InputError(
    field="participant",
    message="somebody has begun with this id in another browser",
    remedy="Go on in the browser in which you began, or ask the researcher",
)


class StrangerConflict(Conflict):
    """Whoever enters has shown nothing but an id under which somebody has begun."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody who agreed: as what they come, by whom, and what they show of themselves."""

    entry: Entry
    kind: Participant.Kind
    consent: ConsentText
    recruitment: Recruitment | None = None
    """By which they count and are paid."""
    secret: str = ""
    """That of the browser's cookie."""
    cohort: str = Session.Cohort.CROWD
    observer: str = ""
    """What answers, where it is a bot."""
    language: str = "en"


def study_enter(study: Study, arrival: Arrival) -> str:
    """The secret of the session of somebody who agreed; who comes again gets a new one for the same session.

    Who comes again shows the secret that they have, or comes with the same submission, or with one that the recruiter says is
    theirs and under way.

    Raises:
        InputError: The id is malformed, or the study takes nobody.
        Conflict: They have finished, returned or withdrawn already, or are not known to be who began.
    """
    try:
        return _enter(study, arrival)
    except StrangerConflict:
        # The recruiter is asked while nothing is locked.
        if arrival.recruitment is None or not submission_is_open(arrival.recruitment, arrival.entry):
            raise
    return _enter(study, replace(arrival, entry=replace(arrival.entry, is_proven=True)))


@transaction.atomic
def _enter(study: Study, arrival: Arrival) -> str:
    entry, kind, consent, recruitment = arrival.entry, arrival.kind, arrival.consent, arrival.recruitment
    recruiter = recruitment.recruiter if recruitment else Recruitment.Recruiter.DIRECT
    # Of two who come at once with the same id one is first; an erasure, too, takes the study before the person.
    study = Study.objects.select_for_update(no_key=True).get(id=study.id)
    participant = participant_enter(external_id=entry.external_participant_id, kind=kind, consent=consent, recruiter=recruiter)
    began = Session.objects.filter(study=study, participant=participant, state__in=Session.UNFINISHED).first()
    if began and not _is_theirs(began, entry, recruitment=recruitment, secret=arrival.secret):
        raise StrangerConflict(STRANGER)
    if recruitment and entry.submission_id:
        submission_note(
            recruitment,
            participant,
            external_participant_id=entry.external_participant_id,
            external_id=entry.submission_id,
        )
    _, token = session_start(study, participant, cohort=arrival.cohort, observer=arrival.observer, language=arrival.language)
    return token


def _is_theirs(began: Session, entry: Entry, *, recruitment: Recruitment | None, secret: str) -> bool:
    """Whether whoever enters has shown more than an id."""
    if entry.is_proven or began.kind == Participant.Kind.BOT or session_by_token(began.study_id, secret) == began:
        return True
    known = Submission.objects.filter(recruitment=recruitment, participant=began.participant_id)
    return entry.submission_id != "" and known.filter(external_id=entry.submission_id).exists()
