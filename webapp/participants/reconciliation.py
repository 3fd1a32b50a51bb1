"""The minute's comparison of what is stored here with what the recruiters tell. The web worker calls it."""

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from webapp.one_by_one import one_by_one
from webapp.participants.ledger import payments_reconcile
from webapp.participants.models import Payment, Recruitment, Submission
from webapp.participants.recruiters import FINAL_STATES
from webapp.participants.recruiters.base import NotDoneError
from webapp.participants.submissions import submissions_reconcile

log = logging.getLogger(__name__)

ASKED_FOR = timedelta(days=60)
"""Submissions are asked about for so long."""


def recruitments_reconcile() -> None:
    """Compare each recruitment that goes on or has payments on their way; a recruiter that is silent is asked again next time."""
    since = timezone.now() - ASKED_FOR
    going_on = Submission.objects.filter(created_at__gt=since).exclude(state__in=FINAL_STATES)
    is_due = Q(submissions__in=going_on) | Q(payments__state=Payment.State.SENT)
    # Where nobody came, or people handed in who never were here, it may be that the link leads elsewhere.
    is_due |= Q(created_at__gt=since) & (Q(submissions=None, study__state="open") | Q(strangers__gt=0))
    one_by_one(Recruitment.objects.filter(is_due).distinct(), _reconcile)


def _reconcile(recruitment: Recruitment) -> None:
    try:
        submissions_reconcile(recruitment)
    except NotDoneError as error:
        log.warning("the submissions of recruitment %d could not be compared: %s", recruitment.pk, error)
    payments_reconcile(recruitment)
