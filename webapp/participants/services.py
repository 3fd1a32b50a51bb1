"""Writes of participants: who enters, and what they agree to."""

import hmac
import re

from django.conf import settings

from experiments.contract.errors import InputError
from webapp.participants.models import Consent, ConsentText, Participant, Recruitment

EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def external_id_hash(external_id: str, *, recruiter: str, kind: str) -> str:
    """Under which a participant is known; nobody without the server's key can tell whose it is.

    Simulated participants have a name space of their own: none can stand in for a person.
    """
    source = kind if recruiter == Recruitment.Recruiter.DIRECT else f"{recruiter}:{kind}"
    return hmac.new(f"{settings.SECRET_KEY}:participants:{source}".encode(), external_id.encode(), "sha256").hexdigest()


def participant_enter(*, external_id: str, kind: str, consent: ConsentText) -> Participant:
    """The participant with this recruiter's id, who has agreed to `consent`; known ones are found again.

    Raises:
        InputError: The id is not one that a recruiter gives.
    """
    if not EXTERNAL_ID.fullmatch(external_id):
        message = "it must be 1 to 64 letters, digits, '-' or '_'"
        raise InputError(field="participant", message=message, remedy="Open the study through the link that you were given")
    digest = external_id_hash(external_id, recruiter="direct", kind=kind)
    participant, _ = Participant.objects.get_or_create(recruiter="direct", external_id_hash=digest, defaults={"kind": kind})
    Consent.objects.get_or_create(participant=participant, text=consent)
    return participant
