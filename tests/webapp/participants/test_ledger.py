"""The ledger: nobody is paid twice, whatever the network does and however many press the button."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from experiments.contract.errors import InputError
from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import FakeMTurk
from tests.services.recruiters.prolific import prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_mturk, on_prolific
from webapp.participants import ledger
from webapp.participants.models import Participant, Payment, Recruitment, Submission
from webapp.participants.recruiters import prolific_http
from webapp.participants.recruitments import recruitment_create
from webapp.participants.selectors import payment_totals, payments_dry_run

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


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


def test_reward_of_a_person_who_failed_the_checks_is_paid_too(prolific):
    # The ledger does not even know of checks.
    payment = approved(on_prolific(), reason="base")
    prolific.submission(1)

    assert ledger.payment_send(payment).state == "paid"


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


def test_refused_bonus_fails_with_its_reason_and_can_be_approved_again(prolific):
    payment = approved(on_prolific())

    ledger.payment_send(payment)
    failed, error = state_of(payment), payment.error
    ledger.payment_approve(Payment.objects.all())

    assert failed == "failed"
    assert error
    assert state_of(payment) == "approved"


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


def test_reward_that_the_recruiter_paid_by_itself_is_noted(prolific):
    recruitment = on_prolific()
    payment = ledger.payment_plan(recruitment, person(recruitment), reason="base", amount=195)
    Submission.objects.update(state="APPROVED")

    ledger.payments_reconcile(recruitment)

    assert state_of(payment) == "paid"
    assert prolific.requests == []


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


def test_study_without_recruitment_plans_nothing():
    session, _ = made_up.session(made_up.study())

    assert session.study.recruitment is None
    assert not Payment.objects.exists()
