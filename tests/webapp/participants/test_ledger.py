"""The ledger: who is planned, approved and paid, and that ten who press the button pay once."""

import threading

import pytest
from django.db import connection, connections

from experiments.contract.errors import InputError
from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import FakeMTurk
from tests.webapp.participants.conftest import on_mturk, on_prolific
from tests.webapp.participants.lines import approved, person, state_of
from webapp.participants import ledger
from webapp.participants.models import Participant, Payment, Submission
from webapp.participants.recruitments import recruitment_create
from webapp.participants.selectors import payment_totals, payments_dry_run

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_line_is_planned_once():
    recruitment = on_prolific()
    somebody = person(recruitment)

    lines = [ledger.payment_plan(recruitment, somebody, reason="bonus", amount=50) for _ in range(3)]

    assert {line.id for line in lines} == {Payment.objects.get().id}
    with pytest.raises(InputError) as refused:
        ledger.payment_plan(recruitment, somebody, reason="bonus", amount=60)
    assert refused.value.field == "amount"
    assert Payment.objects.get().amount == 50


@pytest.mark.parametrize(
    ("reason", "amount", "field"),
    [
        ("bonus", 0, "amount"),
        ("bonus", -1, "amount"),
        ("bonus", 10**6, "amount"),
        ("", 1, "reason"),
        ("x" * 61, 1, "reason"),
        (" a", 1, "reason"),
        ("a\nb", 1, "reason"),
    ],
)
def test_line_that_cannot_be_is_refused(reason, amount, field):
    recruitment = on_prolific()

    with pytest.raises(InputError) as refused:
        ledger.payment_plan(recruitment, person(recruitment), reason=reason, amount=amount)

    assert refused.value.field == field
    assert not Payment.objects.exists()


def test_line_that_is_not_approved_is_not_sent(prolific):
    recruitment = on_prolific()
    prolific.submission(1)
    payment = ledger.payment_plan(recruitment, person(recruitment), reason="bonus", amount=50)

    ledger.payment_send(payment)
    ledger.payments_send([payment.id])

    assert state_of(payment) == "planned"
    assert prolific.requests == []


def test_reward_is_paid_by_approval(prolific):
    payment = approved(on_prolific(), reason="base")
    made = prolific.submission(1)

    ledger.payment_send(payment)

    assert made["status"] == "APPROVED"
    assert state_of(payment) == "paid"


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        ("ACTIVE", "approved", "not handed in"),
        ("RETURNED", "failed", "RETURNED"),
        ("REJECTED", "failed", "REJECTED"),
        ("TIMED-OUT", "paid", ""),
        ("APPROVED", "paid", ""),
    ],
)
def test_reward_depends_on_how_the_submission_stands(prolific, status, state, said):
    payment = approved(on_prolific(), reason="base")
    prolific.submission(1, status=status)

    ledger.payment_send(payment)

    assert state_of(payment) == state
    assert said in payment.error


def test_forged_submission_is_not_paid(prolific):
    payment = approved(on_prolific(), reason="base")

    ledger.payment_send(payment)

    assert state_of(payment) == "failed"
    assert "404" in payment.error


def test_refused_bonus_fails_with_its_reason_and_can_be_approved_again(prolific):
    payment = approved(on_prolific())

    ledger.payment_send(payment)
    failed, error = state_of(payment), payment.error
    ledger.payment_approve(Payment.objects.all())

    assert failed == "failed"
    assert error
    assert state_of(payment) == "approved"


def test_reward_that_the_recruiter_paid_by_itself_is_noted(prolific):
    recruitment = on_prolific()
    payment = ledger.payment_plan(recruitment, person(recruitment), reason="base", amount=195)
    Submission.objects.update(state="APPROVED")

    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "paid"
    assert prolific.requests == []


def test_reward_of_mechanical_turk_is_paid_by_approval(mturk: FakeMTurk):
    recruitment = on_mturk()
    payment = approved(recruitment, reason="base")
    early = ledger.payment_send(payment).state
    made = mturk.assignment(1)
    mturk.fail("ApproveAssignment", Fault.LOST_AFTER)

    ledger.payment_send(payment)
    ledger.payments_reconcile(recruitment)

    assert early == "approved"
    assert made["AssignmentStatus"] == "Approved"
    assert state_of(payment) == "paid"


def test_direct_link_pays_nobody_but_can_be_settled_by_hand():
    recruitment = recruitment_create(recruiter="direct", reward=500, currency="EUR")
    somebody = Participant.objects.create(kind="live", external_id_hash="x")
    payment = ledger.payment_plan(recruitment, somebody, reason="base", amount=500)
    ledger.payment_approve(Payment.objects.all())

    with pytest.raises(InputError) as refused:
        ledger.payment_send(Payment.objects.get())
    ledger.payments_send([payment.id])
    skipped = payments_dry_run(Payment.objects.all()).skipped
    settled = ledger.payments_settle_by_hand(Payment.objects.all())

    assert refused.value.remedy
    assert len(skipped) == 1
    assert settled == 1
    assert state_of(payment) == "paid"


def test_sent_line_cannot_be_settled_by_hand_or_approved_again(prolific):
    payment = approved(on_prolific())
    ledger.Claim.of(payment)

    assert ledger.payments_settle_by_hand(Payment.objects.all()) == 0
    assert ledger.payment_approve(Payment.objects.all()) == 0


def test_dry_run_adds_up_by_currency_and_changes_nothing(prolific):
    pounds, dollars = on_prolific(), on_mturk()
    for number in range(3):
        approved(pounds, number=number)
    approved(dollars, number=1)
    ledger.payment_plan(dollars, person(dollars, 2), reason="bonus", amount=7)

    run = payments_dry_run(Payment.objects.all())

    assert [(total.currency, total.lines, total.amount) for total in run.totals] == [("GBP", 3, 315), ("USD", 1, 105)]
    assert len(run.skipped) == 1
    assert prolific.requests == []
    assert [(total.currency, total.state) for total in payment_totals(Payment.objects.all())] == [
        ("GBP", "approved"),
        ("USD", "approved"),
        ("USD", "planned"),
    ]


def test_erased_person_is_not_asked_about(prolific):
    recruitment = on_prolific()
    payment = approved(recruitment, reason="base")
    Submission.objects.update(external_participant_id="", external_id="")

    ledger.payment_send(payment)

    assert state_of(payment) == "failed"
    assert prolific.requests == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", ["bonus", "base"])
def test_ten_senders_at_once_pay_once(prolific, reason):
    if connection.vendor == "sqlite":
        pytest.skip("threads cannot share the test's SQLite; this needs PostgreSQL")
    payment = approved(on_prolific(), reason=reason)
    made = prolific.submission(1)
    together = threading.Barrier(10)

    def send() -> None:
        own = Payment.objects.get(id=payment.id)
        together.wait()
        ledger.payment_send(own)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert prolific.asked("/pay/") + prolific.asked("transition") == 1
    assert made["bonus_payments"] == ([105] if reason == "bonus" else [])


@pytest.mark.django_db(transaction=True)
def test_line_is_sent_for_all_to_see_before_the_recruiter_is_asked(prolific):
    if connection.vendor == "sqlite":
        pytest.skip("threads cannot share the test's SQLite; this needs PostgreSQL")
    payment = approved(on_prolific())
    prolific.submission(1)
    seen = []

    def look(name: str) -> None:
        line = Payment.objects.get(id=payment.id)
        seen.append((name.rpartition("/api/v1")[2], line.state, bool(line.order_id)))
        connections.close_all()

    prolific.hold = look

    ledger.payment_send(payment)

    assert [state for _, state, _ in seen] == ["sent"] * 3
    assert [ordered for _, _, ordered in seen] == [False, False, True]
