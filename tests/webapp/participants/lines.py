"""Lines of the ledger for its tests: planned, approved, aged."""

from datetime import timedelta

from django.utils import timezone

from tests.services.recruiters.prolific import prolific_id
from webapp.participants import ledger
from webapp.participants.models import Participant, Payment, Recruitment, Submission


def person(recruitment: Recruitment, number: int = 1) -> Participant:
    """A participant with a submission."""
    participant = Participant.objects.create(kind="live", recruiter=recruitment.recruiter, external_id_hash=f"hash{number}")
    ids = (
        (f"AWORKER{number:05d}", f"3ASSIGN{number:05d}")
        if recruitment.recruiter == "mturk"
        else (prolific_id(number), prolific_id(number, "b"))
    )
    Submission.objects.create(
        participant=participant, recruitment=recruitment, external_participant_id=ids[0], external_id=ids[1]
    )
    return participant


def approved(recruitment: Recruitment, *, reason: str = "bonus", amount: int = 105, number: int = 1) -> Payment:
    """An approved line for a new person."""
    payment = ledger.payment_plan(recruitment, person(recruitment, number), reason=reason, amount=amount)
    ledger.payment_approve(Payment.objects.filter(id=payment.id))
    payment.refresh_from_db()
    return payment


def aged(payment: Payment, **age: int) -> None:
    """Let a line have changed so long ago."""
    Payment.objects.filter(id=payment.id).update(changed_at=timezone.now() - timedelta(**age))


def state_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.state
