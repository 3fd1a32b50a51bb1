"""The write of an entry: consent, the recruiter's ids and the session are stored together, or not at all."""

from django.db import transaction

from webapp.participants.models import ConsentText, Participant, Recruitment
from webapp.participants.recruiters.base import Entry
from webapp.participants.services import participant_enter, submission_note
from webapp.studies.models import Session, Study
from webapp.studies.services.session import session_start


@transaction.atomic
def study_enter(
    study: Study,
    entry: Entry,
    *,
    kind: Participant.Kind,
    consent: ConsentText,
    recruitment: Recruitment | None = None,
    cohort: str = Session.Cohort.CROWD,
    observer: str = "",
    language: str = "en",
) -> str:
    """The secret of the session of somebody who agreed; who comes again gets a new one for the same session.

    Raises:
        InputError: The id is malformed, or the study takes nobody.
        Conflict: They have finished, returned or withdrawn already.
    """
    recruiter = recruitment.recruiter if recruitment else Recruitment.Recruiter.DIRECT
    participant = participant_enter(external_id=entry.external_participant_id, kind=kind, consent=consent, recruiter=recruiter)
    if recruitment and entry.submission_id:
        submission_note(
            recruitment,
            participant,
            external_participant_id=entry.external_participant_id,
            external_id=entry.submission_id,
        )
    _, token = session_start(study, participant, cohort=cohort, observer=observer, language=language)
    return token
