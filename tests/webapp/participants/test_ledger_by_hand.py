"""The ledger beside what is paid by hand, and with many lines at a silent recruiter."""

import pytest

from tests.services.recruiters.http import Fault
from tests.webapp.participants.conftest import on_prolific
from tests.webapp.participants.lines import aged, approved, state_of
from webapp.participants import ledger
from webapp.participants.models import Payment

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize("state", ["approved", "failed"])
def test_line_that_was_paid_by_hand_accounts_for_no_bonus_of_the_recruiter(prolific, state):
    recruitment = on_prolific()
    by_hand = approved(recruitment)
    Payment.objects.filter(id=by_hand.id).update(state=state)
    ledger.payments_settle_by_hand(Payment.objects.all())
    payment = ledger.payment_plan(recruitment, by_hand.participant, reason="another", amount=by_hand.amount)
    ledger.payment_approve(Payment.objects.filter(id=payment.id))
    payment.refresh_from_db()
    made = prolific.submission(1)
    prolific.fail("/pay/", Fault.LOST_AFTER)

    ledger.payment_send(payment)
    aged(payment, hours=25)
    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "paid"
    assert made["bonus_payments"] == [105]


def test_bonus_that_was_refused_and_paid_by_hand_accounts_for_none_either(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    claim = ledger.Claim.of(payment)
    claim.order("refused")

    claim.end(Payment.State.FAILED, error="no money left")

    payment.refresh_from_db()
    assert (payment.state, payment.order_id) == ("failed", "")


@pytest.mark.parametrize(("part", "states"), [("GET", ["approved"] * 3), ("/pay/", ["approved", "approved", "sent"])])
def test_silent_recruiter_is_asked_for_one_line_and_the_rest_wait(prolific, part, states):
    recruitment = on_prolific()
    lines = [approved(recruitment, number=number) for number in range(3)]
    for number in range(3):
        prolific.submission(number)
    prolific.fail(part, Fault.ERROR_500)

    ledger.payments_send([line.id for line in lines])

    assert sorted(map(state_of, lines)) == states
    assert prolific.asked("GET") == 1


def test_refused_line_holds_up_no_other(prolific):
    recruitment = on_prolific()
    lines = [approved(recruitment, reason="base", number=number) for number in range(3)]
    for number, status in enumerate(("RETURNED", "ACTIVE", "AWAITING REVIEW")):
        prolific.submission(number, status=status)

    ledger.payments_send([line.id for line in lines])

    assert [state_of(line) for line in lines] == ["failed", "approved", "paid"]
