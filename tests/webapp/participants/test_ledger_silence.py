"""The ledger when a recruiter is silent, late or at odds with it: nobody is paid twice, and nobody is forgotten."""

import pytest

from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import FakeMTurk
from tests.services.recruiters.prolific import prolific_id
from tests.webapp.participants.conftest import on_mturk, on_prolific
from tests.webapp.participants.lines import aged, approved, person, state_of
from webapp.participants import ledger
from webapp.participants.erasure import participation_erase
from webapp.participants.models import Payment
from webapp.participants.recruiters import prolific_http

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_bonus_stays_sent_until_it_is_seen_to_have_arrived(prolific):
    prolific.pays_at_once = False
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)

    ledger.payment_send(payment)
    sent = state_of(payment)
    ledger.payments_reconcile(recruitment)
    waiting = state_of(payment)
    prolific.settle()
    ledger.payments_reconcile(recruitment)

    assert (sent, waiting, state_of(payment)) == ("sent", "sent", "paid")
    assert made["bonus_payments"] == [105]


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED])
def test_bonus_whose_answer_was_lost_is_paid_once(prolific, fault):
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)
    prolific.fail("/pay/", fault)

    ledger.payment_send(payment)
    for _ in range(3):
        ledger.payment_send(payment)
    lost = state_of(payment)
    ledger.payments_reconcile(recruitment)

    assert lost == "sent"
    assert state_of(payment) == "paid"
    assert made["bonus_payments"] == [105]


def test_bonus_answered_too_late_is_paid_once(prolific, monkeypatch):
    monkeypatch.setattr(prolific_http, "TIMEOUT_SECONDS", 0.3)
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)
    prolific.fail("/pay/", Fault.SILENT_AFTER)

    ledger.payment_send(payment)
    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "paid"
    assert made["bonus_payments"] == [105]


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.LOST_BEFORE])
def test_bonus_that_never_arrived_goes_back_after_a_day_and_waits_for_somebody(prolific, fault):
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)
    prolific.fail("/pay/", fault)
    ledger.payment_send(payment)

    aged(payment, hours=23)
    ledger.payments_reconcile(recruitment)
    early = state_of(payment)
    aged(payment, hours=25)
    ledger.payments_reconcile(recruitment)
    late = state_of(payment)
    ledger.payment_send(payment)

    assert (early, late) == ("sent", "approved")
    assert made["bonus_payments"] == [105]


def test_bonus_that_arrives_after_it_was_given_up_is_not_paid_again(prolific):
    prolific.pays_at_once = False
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)
    ledger.payment_send(payment)
    aged(payment, hours=25)
    ledger.payments_reconcile(recruitment)
    given_up = state_of(payment)
    prolific.settle()

    ledger.payment_send(payment)

    assert given_up == "approved"
    assert state_of(payment) == "paid"
    assert made["bonus_payments"] == [105]


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("step", ["bonus-payments", "GET"])
def test_trouble_before_money_can_move_leaves_the_line_approved(prolific, monkeypatch, fault, step):
    monkeypatch.setattr(prolific_http, "TIMEOUT_SECONDS", 0.3)
    payment = approved(on_prolific())
    made = prolific.submission(1)
    prolific.fail(step, fault)

    ledger.payment_send(payment)
    before = state_of(payment), bool(payment.error), list(made["bonus_payments"])
    ledger.payment_send(payment)

    assert before == ("approved", True, [])
    assert made["bonus_payments"] == [105]


def test_crash_before_the_order_is_undone_and_its_late_sender_pays_nobody(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    made = prolific.submission(1)
    claim = ledger.Claim.of(payment)
    aged(payment, minutes=6)
    stale = ledger.Claim(payment=payment, at=Payment.objects.get().changed_at)

    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "approved"
    for late in (claim, stale):
        with pytest.raises(ledger.NotDoneError):
            late.order("order")
    ledger.payment_send(payment)
    assert made["bonus_payments"] == [105]


def test_crash_between_order_and_payment_leaves_it_sent(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    prolific.submission(1)
    claim = ledger.Claim.of(payment)
    claim.order("5f0")

    ledger.payment_send(payment)
    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "sent"
    assert prolific.asked("/pay/") == 0


def test_silence_after_an_approval_is_found_out(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment, reason="base")
    prolific.submission(1)
    prolific.fail("transition", Fault.LOST_AFTER)

    ledger.payment_send(payment)
    sent = state_of(payment)
    ledger.payments_reconcile(recruitment)

    assert (sent, state_of(payment)) == ("sent", "paid")


def test_approval_that_never_arrived_goes_back(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment, reason="base")
    prolific.submission(1)
    prolific.fail("transition", Fault.LOST_BEFORE)
    ledger.payment_send(payment)

    ledger.payments_reconcile(recruitment)
    early = state_of(payment)
    aged(payment, minutes=6)
    ledger.payments_reconcile(recruitment)

    assert (early, state_of(payment)) == ("sent", "approved")


def test_two_bonuses_of_one_amount_are_told_apart(prolific):
    prolific.pays_at_once = False
    recruitment = on_prolific()
    first = approved(recruitment, reason="first")
    second = ledger.payment_plan(recruitment, first.participant, reason="second", amount=105)
    ledger.payment_approve(Payment.objects.filter(id=second.id))
    made = prolific.submission(1)

    ledger.payment_send(first)
    prolific.settle()
    second.refresh_from_db()
    ledger.payment_send(second)
    ledger.payments_reconcile(recruitment)
    one = sorted([state_of(first), state_of(second)])
    prolific.settle()
    ledger.payments_reconcile(recruitment)

    assert one == ["paid", "sent"]
    assert [state_of(first), state_of(second)] == ["paid", "paid"]
    assert made["bonus_payments"] == [105, 105]


def test_bonus_that_somebody_paid_on_the_recruiters_site_is_not_paid_again(prolific):
    payment = approved(on_prolific())
    prolific.submission(1)["bonus_payments"].append(105)

    ledger.payment_send(payment)
    failed = state_of(payment)
    ledger.payments_settle_by_hand(Payment.objects.all())

    assert failed == "failed"
    assert state_of(payment) == "paid"
    assert prolific.asked("/pay/") == 0


def test_silent_recruiter_changes_no_line(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    prolific.submission(1)
    prolific.fail("/pay/", Fault.LOST_AFTER)
    ledger.payment_send(payment)
    prolific.fail("GET", Fault.ERROR_500)

    assert ledger.payments_reconcile(recruitment) == []
    assert state_of(payment) == "sent"


@pytest.mark.parametrize("fault", [None, Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED])
def test_bonus_of_mechanical_turk_is_paid_once(mturk: FakeMTurk, fault):
    recruitment = on_mturk()
    payment = approved(recruitment)
    mturk.assignment(1)
    if fault:
        mturk.fail("SendBonus", fault)

    ledger.payment_send(payment)
    ledger.payments_reconcile(recruitment)
    ledger.payment_send(payment)

    assert state_of(payment) == "paid"
    assert len(mturk.bonuses) == 1


def test_sent_line_of_an_erased_person_ends_with_what_to_do(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment)
    prolific.submission(1)
    prolific.fail("/pay/", Fault.ERROR_AFTER)
    ledger.payment_send(payment)
    participation_erase(payment.participant, recruitment)

    ledger.payments_reconcile(recruitment)
    soon = state_of(payment)
    aged(payment, hours=25)
    ledger.payments_reconcile(recruitment)

    assert (soon, state_of(payment)) == ("sent", "failed")
    assert "by hand" in payment.error
    assert ledger.payments_settle_by_hand(Payment.objects.filter(id=payment.id)) == 1


def test_silence_is_waited_for_once_and_not_for_each_line(prolific):
    recruitment = on_prolific()
    for number in (1, 2, 3):
        prolific.submission(number)
        ledger.payment_plan(recruitment, person(recruitment, number), reason="base", amount=105)
    Payment.objects.update(state=Payment.State.SENT)
    prolific.fail("GET", *[Fault.ERROR_500] * 30)

    ledger.payments_reconcile(recruitment)

    assert sum(prolific.asked(prolific_id(number, "b")) > 0 for number in (1, 2, 3)) == 1
