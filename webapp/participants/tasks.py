"""What the web worker does about recruiters: thin tasks over services."""

import uuid

from celery import shared_task

from experiments import jobs
from webapp.participants import ledger, reconciliation


@shared_task(name=jobs.PAY)
def pay(*, payments: list[str]) -> None:
    """Send approved payments."""
    ledger.payments_send(uuid.UUID(payment) for payment in payments)


@shared_task(name=jobs.RECONCILE)
def reconcile() -> None:
    """The minute's comparison with the recruiters."""
    reconciliation.recruitments_reconcile()
