"""Writes of participants: who enters, what they agree to, and the recruiter's ids of them."""

import hmac
import re

from django.conf import settings
from django.db import transaction

from experiments.contract.fields import require
from webapp.participants.models import Consent, ConsentText, Participant, Recruitment, Submission

EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def external_id_check(external_id: str) -> None:
    """Refuse what is no id that a recruiter gives.

    Raises:
        InputError: It is none.
    """
    is_id = EXTERNAL_ID.fullmatch(external_id) is not None
    message = "the participant id is not made of 1 to 64 letters and digits"
    require(is_id, "participant", message, "Open the study through the link that you were given")


def external_id_hash(external_id: str, *, recruiter: str, kind: str) -> str:
    """Under which a participant is known; nobody without ID_KEY, which no database has, can tell whose it is.

    Simulated participants have a name space of their own: none can stand in for a person.
    """
    source = kind if recruiter == Recruitment.Recruiter.DIRECT else f"{recruiter}:{kind}"
    return hmac.new(f"{settings.ID_KEY}:participants:{source}".encode(), external_id.encode(), "sha256").hexdigest()


@transaction.atomic
def participant_enter(
    *, external_id: str, kind: str, consent: ConsentText, recruiter: str = Recruitment.Recruiter.DIRECT
) -> Participant:
    """The participant with this recruiter's id, who has agreed to `consent`; known ones are found again.

    Raises:
        InputError: The id is not one that a recruiter gives.
    """
    external_id_check(external_id)
    digest = external_id_hash(external_id, recruiter=recruiter, kind=kind)
    participant = None
    while participant is None:
        known, _ = Participant.objects.get_or_create(recruiter=recruiter, external_id_hash=digest, defaults={"kind": kind})
        # Held, so that an erasure of the same moment waits; whom it took away or forgot meanwhile enters as somebody new.
        participant = Participant.objects.select_for_update(no_key=True).filter(id=known.id, external_id_hash=digest).first()
    Consent.objects.get_or_create(participant=participant, text=consent)
    return participant


def submission_note(
    recruitment: Recruitment, participant: Participant, *, external_participant_id: str, external_id: str
) -> Submission:
    """Keep the recruiter's ids of somebody who entered. Who comes again may have a new submission: the last one counts."""
    ids = {"external_participant_id": external_participant_id, "external_id": external_id}
    submission, _ = Submission.objects.update_or_create(recruitment=recruitment, participant=participant, defaults=ids)
    return submission
