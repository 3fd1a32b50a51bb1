"""Reads of participants and of the ledger."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from webapp.participants.models import Participant, Payment
from webapp.participants.recruiters import recruiter_of
from webapp.participants.services import external_id_hash


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of some lines of the ledger."""

    currency: str
    state: str
    lines: int
    amount: int
    """Minor units."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What sending some lines would do."""

    totals: list[Total]
    """Of what would be sent, by currency."""
    skipped: list[str]
    """What would not be sent, and why."""


def participant_known(*, external_id: str, recruiter: str, kind: str) -> Participant | None:
    """The participant with this recruiter's id, if they have agreed to something before."""
    digest = external_id_hash(external_id, recruiter=recruiter, kind=kind)
    return Participant.objects.filter(recruiter=recruiter, external_id_hash=digest).first()


def payment_totals(payments: QuerySet[Payment]) -> list[Total]:
    """Sums by currency and state; currencies are never added up."""
    rows = payments.order_by().values("currency", "state").annotate(lines=Count("id"), sum=Sum("amount"))
    return [
        Total(currency=row["currency"], state=row["state"], lines=row["lines"], amount=row["sum"])
        for row in rows.order_by("currency", "state")
    ]


def payments_dry_run(payments: QuerySet[Payment]) -> DryRun:
    """What `payments_send` would do with these lines; nobody is asked, and nothing changes."""
    approved = payments.filter(state=Payment.State.APPROVED)
    paying = [line.id for line in approved.select_related("recruitment") if recruiter_of(line.recruitment).pays]
    skipped = [f"{line}: only approved lines are sent" for line in payments.exclude(state=Payment.State.APPROVED)]
    skipped += [f"{line}: a direct link pays nobody" for line in approved.exclude(id__in=paying)]
    return DryRun(totals=payment_totals(approved.filter(id__in=paying)), skipped=skipped)
