"""The ledger of payments, which cannot pay twice: plan, approve, send, and find out what became of what was sent.

A line is claimed as SENT, in a transaction of its own, before the recruiter is asked. Only its claimant goes on with it, and
only while the claim stands. Silence leaves it SENT: never sent again blindly, but compared with the recruiter's books.
"""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from experiments.contract.fields import require
from webapp.participants.models import Participant, Payment, Recruitment, Submission
from webapp.participants.money import decimal_amount, money
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import Bonus, NotDoneError, PaidBonus, Recruiter, SilentError, Standing, UnclearError

log = logging.getLogger(__name__)

BASE = "base"
"""The reason of the reward that everybody gets who finishes."""
State = Payment.State
IN_FLIGHT = timedelta(minutes=5)
"""A sender is done or dead after so long: it waits for each answer ten seconds."""
REFUSED = (Standing.RETURNED, Standing.CLOSED)
"""The recruiter pays no reward for such submissions."""
MAX_AMOUNT = 100_000
"""Minor units: a slip of the hand ends here."""
MAX_REASON = 60


def reward_plan(recruitment: Recruitment, participant: Participant) -> None:
    """Plan the reward of somebody who finished, once; nobody is paid by it yet."""
    if recruitment.reward:
        _line(recruitment, participant, reason=BASE, amount=recruitment.reward)


def payment_plan(recruitment: Recruitment, participant: Participant, *, reason: str, amount: int) -> Payment:
    """A line for a participant and reason, planned at most once; nobody is paid by it yet.

    Args:
        recruitment: Through whom they came, and in whose currency they are paid.
        participant: Who.
        reason: `base`, or what a bonus is for; the participant may get to see it.
        amount: Minor units.

    Raises:
        InputError: Nothing or too much is to be paid, the reason is none, or the line exists with another amount.
    """
    payment_check(reason=reason, amount=amount)
    payment = _line(recruitment, participant, reason=reason, amount=amount)
    message = f"{money(payment.amount, payment.currency)} are in the ledger for {reason!r} already"
    require(payment.amount == amount, "amount", message, "Give the bonus a reason of its own")
    return payment


def payment_check(*, reason: str, amount: int) -> None:
    """Refuse what cannot be a line.

    Raises:
        InputError: Nothing or too much is to be paid, or the reason is none.
    """
    remedy = f"Give 0.01 to {decimal_amount(MAX_AMOUNT)}"
    require(0 < amount <= MAX_AMOUNT, "amount", f"{decimal_amount(amount)} cannot be paid", remedy)
    fits = 0 < len(reason) <= MAX_REASON and reason.isprintable() and reason == reason.strip()
    require(fits, "reason", f"{reason!r} is no reason", f"Give 1 to {MAX_REASON} printable characters")


def payment_approve(payments: QuerySet[Payment]) -> int:
    """Approve planned lines, and those that the recruiter refused; how many."""
    return payments.filter(state__in=(State.PLANNED, State.FAILED)).update(
        state=State.APPROVED, order_id="", error="", changed_at=timezone.now()
    )


def payments_settle_by_hand(payments: QuerySet[Payment]) -> int:
    """Note lines as paid in another way than through the recruiter; how many. What was sent is not touched."""
    return payments.filter(state__in=(State.APPROVED, State.FAILED)).update(
        state=State.PAID, error="paid by hand", changed_at=timezone.now()
    )


def payments_send(ids: Iterable[uuid.UUID]) -> None:
    """Send the approved ones among these lines that a recruiter pays, one after the other; of a silent one the rest stay."""
    ours = Payment.objects.filter(id__in=list(ids), state=State.APPROVED).select_related("recruitment")
    silent: set[str] = set()
    for payment in ours.exclude(recruitment__recruiter=Recruitment.Recruiter.DIRECT):
        # Each further line would wait as long for the same silence, and the answers of participants behind it.
        if payment.recruitment.recruiter not in silent and not _send(payment):
            silent.add(payment.recruitment.recruiter)


def payment_send(payment: Payment) -> Payment:
    """Have the recruiter pay an approved line, and note what is known of it then; a line that is not approved stays.

    Raises:
        InputError: The recruiter pays nobody.
    """
    _send(payment)
    payment.refresh_from_db()
    return payment


def payments_reconcile(recruitment: Recruitment) -> list[Payment]:
    """Find out at the recruiter what became of sent lines, and of rewards that it paid by itself; those that changed."""
    recruiter = recruiter_of(recruitment)
    submissions = {known.participant_id: known for known in recruitment.submissions.exclude(external_id="")}
    changed = []
    for payment in recruitment.payments.exclude(state=State.PAID) if recruiter.pays else ():
        submission = submissions.get(payment.participant_id)
        try:
            found = _looked_up(recruiter, payment, submission) if submission else _without_submission(recruiter, payment)
        except NotDoneError as error:
            log.warning("payment %s could not be looked up: %s", payment.id, error)
            if isinstance(error, SilentError):
                break
            continue
        # Whoever changed the line in the meantime knows better.
        same = Payment.objects.filter(id=payment.id, state=payment.state, changed_at=payment.changed_at)
        if found and same.update(state=found[0], error=found[1], changed_at=timezone.now()):
            changed.append(payment)
    return changed


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sender's hold on a line. It is lost when somebody else moves the line, and then its holder must not pay."""

    payment: Payment
    at: datetime

    @classmethod
    def of(cls, payment: Payment) -> Self | None:
        """Turn an approved line to SENT, for all to see before anybody is asked; None if it is not ours to send."""
        now = timezone.now()
        approved = Payment.objects.filter(id=payment.id, state=State.APPROVED, order_id=payment.order_id)
        # `durable` refuses to be part of a larger transaction: the claim must be committed.
        with transaction.atomic(durable=True):
            is_ours = approved.update(state=State.SENT, changed_at=now)
        return cls(payment=payment, at=now) if is_ours else None

    def order(self, order_id: str) -> None:
        """Store the order before it is carried out.

        Raises:
            NotDoneError: The claim is lost.
        """
        if not self._held().update(order_id=order_id):
            raise NotDoneError("the line was taken from its sender", again=True)

    def end(self, state: Payment.State, *, error: str) -> None:
        """Note what came of it; nothing if the claim is lost. A refused order is forgotten: what is listed is not of it."""
        order = {"order_id": ""} if state == State.FAILED else {}
        self._held().update(state=state, error=error, changed_at=timezone.now(), **order)

    def _held(self) -> QuerySet[Payment]:
        return Payment.objects.filter(id=self.payment.id, state=State.SENT, changed_at=self.at)


def _send(payment: Payment) -> bool:
    """See `payment_send`; whether the recruiter answered, if it was asked."""
    recruiter = recruiter_of(payment.recruitment)
    require(recruiter.pays, "payment", f"a {recruiter.name} pays nobody", "Pay by hand, then note it in the ledger")
    claim = Claim.of(payment)
    if claim is None:
        return True
    try:
        is_paid = _pay(recruiter, payment, claim)
    except NotDoneError as error:
        claim.end(State.APPROVED if error.again else State.FAILED, error=str(error))
        return not isinstance(error, SilentError)
    except UnclearError as error:
        claim.end(State.SENT, error=str(error))
        return False
    claim.end(State.PAID if is_paid else State.SENT, error="")
    return True


def _pay(recruiter: Recruiter, payment: Payment, claim: Claim) -> bool:
    """Whether the line is paid by now; see the exceptions of `recruiters.base`."""
    submission = _submission(payment)
    if submission is None:
        raise NotDoneError(f"the submission at {recruiter.name} is not known", again=False)
    if payment.reason == BASE:
        return _reward_pay(recruiter, submission)
    bonus = Bonus(
        payment_id=str(payment.id),
        submission_id=submission.external_id,
        external_participant_id=submission.external_participant_id,
        amount=payment.amount,
        reason=payment.reason,
    )
    listed = recruiter.bonuses(submission.external_id)
    if payment.order_id and _is_listed(payment, listed, others=(State.PAID,)):
        return True
    if _is_listed(payment, listed, others=(State.PAID, State.SENT)):
        message = f"{recruiter.name} lists such a bonus that is not in this ledger: note this line as paid by hand, or change it"
        raise NotDoneError(message, again=False)
    order = recruiter.bonus_order(bonus)
    claim.order(order)
    return recruiter.bonus_pay(bonus, order=order)


def _reward_pay(recruiter: Recruiter, submission: Submission) -> bool:
    told = recruiter.submission(submission.external_id)
    if told.standing == Standing.OPEN:
        raise NotDoneError(f"it is not handed in at {recruiter.name} yet", again=True)
    if told.standing in REFUSED:
        raise NotDoneError(f"the submission is {told.state} at {recruiter.name}", again=False)
    return told.standing == Standing.PAID or recruiter.approve(submission.external_id)


def _looked_up(recruiter: Recruiter, payment: Payment, submission: Submission) -> tuple[Payment.State, str] | None:
    """The state and error that a line should have by the recruiter's books; None: as it is."""
    age = timezone.now() - payment.changed_at
    if payment.reason == BASE:
        if payment.state != State.SENT:
            return (State.PAID, "") if recruiter.standing(submission.state) == Standing.PAID else None
        told = recruiter.submission(submission.external_id)
        if told.standing == Standing.PAID:
            return State.PAID, ""
        if told.standing in REFUSED:
            return State.FAILED, f"the submission is {told.state} at {recruiter.name}"
        return (State.APPROVED, f"{recruiter.name} did not approve it; send it again") if age > IN_FLIGHT else None
    if payment.state != State.SENT:
        return None
    if _is_listed(payment, recruiter.bonuses(submission.external_id), others=(State.PAID,)):
        return State.PAID, ""
    if not payment.order_id:
        return (State.APPROVED, "it was not ordered; send it again") if age > IN_FLIGHT else None
    message = f"{recruiter.name} does not list it; look there before you send it again"
    return (State.APPROVED, message) if age > recruiter.settles_after else None


def _without_submission(recruiter: Recruiter, payment: Payment) -> tuple[Payment.State, str] | None:
    """What becomes of a line whose person was erased after it was sent: nobody can look it up any more but by hand."""
    is_over = payment.state == State.SENT and timezone.now() - payment.changed_at > recruiter.settles_after
    message = f"the person was erased on its way: look into the books of {recruiter.name}, then note it as paid by hand"
    return (State.FAILED, message) if is_over else None


def _is_listed(payment: Payment, listed: Sequence[PaidBonus], *, others: Sequence[Payment.State]) -> bool:
    """Whether a bonus is among the paid ones: by our reference, else one of its amount that no other line accounts for.

    A line that was never ordered there, because it was paid by hand, accounts for none.
    """
    if any(bonus.reference == str(payment.id) for bonus in listed):
        return True
    of_amount = Payment.objects.filter(
        recruitment=payment.recruitment, participant=payment.participant, amount=payment.amount, state__in=others
    )
    ordered = of_amount.exclude(reason=BASE).exclude(order_id="")
    anonymous = sum(bonus.amount == payment.amount and not bonus.reference for bonus in listed)
    return anonymous > ordered.exclude(id=payment.id).count()


def _line(recruitment: Recruitment, participant: Participant, *, reason: str, amount: int) -> Payment:
    defaults = {"amount": amount, "currency": recruitment.currency}
    line, _ = Payment.objects.get_or_create(recruitment=recruitment, participant=participant, reason=reason, defaults=defaults)
    return line


def _submission(payment: Payment) -> Submission | None:
    own = Submission.objects.filter(recruitment=payment.recruitment, participant=payment.participant)
    return own.exclude(external_id="").first()
