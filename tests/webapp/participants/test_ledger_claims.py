"""Lines of the ledger on which two senders meet, or that the recruiter's books explain in two ways."""

import pytest

from tests.webapp.participants.conftest import on_prolific
from tests.webapp.participants.lines import aged, approved, state_of
from webapp.participants import ledger
from webapp.participants.models import Payment

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_late_sender_of_a_line_that_another_has_claimed_since_pays_nobody(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    prolific.submission(1)
    late = ledger.Claim.of(payment)
    aged(payment, minutes=6)
    ledger.payments_reconcile(recruitment)
    current = ledger.Claim.of(payment)

    with pytest.raises(ledger.NotDoneError):
        late.order("late")
    late.end(Payment.State.PAID, error="")

    assert state_of(payment) == "sent"
    current.order("current")
    assert Payment.objects.get().order_id == "current"


def test_line_that_was_ordered_since_it_was_read_is_not_claimed(prolific):
    payment = approved(on_prolific())
    Payment.objects.update(order_id="5f0")

    assert ledger.Claim.of(payment) is None
    assert state_of(payment) == "approved"


def test_reward_of_the_same_amount_does_not_account_for_a_bonus_that_somebody_paid_elsewhere(prolific):
    recruitment = on_prolific(reward=105)
    payment = approved(recruitment, amount=105)
    reward = ledger.payment_plan(recruitment, payment.participant, reason="base", amount=105)
    Payment.objects.filter(id=reward.id).update(state=Payment.State.PAID)
    prolific.submission(1)["bonus_payments"].append(105)

    ledger.payment_send(payment)

    assert state_of(payment) == "failed"
    assert prolific.asked("/pay/") == 0
