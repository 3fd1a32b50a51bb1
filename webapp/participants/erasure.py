"""Erases what this app holds of a person. Studies call it after the answers are gone; payments stay, with nobody behind them."""

import secrets

from django.db.models import Q

from experiments.contract.errors import InputError
from webapp.participants.models import Participant, Payment, Recruitment
from webapp.participants.services import external_id_hash

UNPAID = (Payment.State.PLANNED, Payment.State.APPROVED)
FORGOTTEN = "-"
"""How a hash begins that is random: nobody is known by it."""
ERASED = "The person had their data erased before it was paid"


def participants_known_as(external_id: str, *, recruiter: str) -> list[Participant]:
    """Whoever entered with this id of a recruiter: as a person, in a preview, as a pilot, simulated.

    Raises:
        InputError: The recruiter is unknown.
    """
    if recruiter not in Recruitment.Recruiter.values:
        remedy = f"Choose one of {', '.join(Recruitment.Recruiter.values)}"
        raise InputError(field="recruiter", message=f"{recruiter!r} is unknown", remedy=remedy)
    hashes = [external_id_hash(external_id, recruiter=recruiter, kind=kind) for kind in Participant.Kind.values]
    by_id = Q(submissions__external_participant_id=external_id, submissions__recruitment__recruiter=recruiter)
    known = Participant.objects.filter(Q(recruiter=recruiter, external_id_hash__in=hashes) | by_id)
    return list(known.distinct().order_by("created_at"))


def participant_nobody(like: Participant) -> Participant:
    """A new participant of the same kind, behind whom nobody can be found."""
    return Participant.objects.create(kind=like.kind, recruiter=like.recruiter, external_id_hash=hash_of_nobody())


def hash_of_nobody() -> str:
    """A hash that no id has."""
    return FORGOTTEN + secrets.token_hex(31)


def submission_forget(participant: Participant, recruitment: Recruitment) -> None:
    """Forget how the recruiter knows somebody. What was paid stays theirs, without the order by which it could be looked up."""
    participant.submissions.filter(recruitment=recruitment).delete()
    # Errors quote the recruiter, whose order leads to the person there.
    participant.payments.filter(recruitment=recruitment).update(error="", order_id="")


def participant_forget(participant: Participant) -> None:
    """Know somebody no more when they come again."""
    Participant.objects.filter(id=participant.id).update(external_id_hash=hash_of_nobody())


def participation_erase(participant: Participant, recruitment: Recruitment) -> None:
    """Forget that somebody came through a recruitment. What was paid stays in the ledger; what was not cannot be any more."""
    submission_forget(participant, recruitment)
    payments = participant.payments.filter(recruitment=recruitment)
    if payments.exists():
        payments.filter(state__in=UNPAID).update(state=Payment.State.FAILED, error=ERASED)
        payments.update(participant=participant_nobody(participant))


def participant_erase(participant: Participant) -> None:
    """Forget a person who has no session (any more): consents, ids, the hash by which they would be known."""
    came_through = Q(submissions__participant=participant) | Q(payments__participant=participant)
    for recruitment in Recruitment.objects.filter(came_through).distinct():
        participation_erase(participant, recruitment)
    participant.delete()
