"""Prolific: what its links carry, and what its REST interface is asked.

Published at https://docs.prolific.com/api-reference; the pages are named at each request.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings

from webapp.participants.models import Recruitment
from webapp.participants.money import decimal_amount
from webapp.participants.recruiters.base import (
    Bonus,
    Entry,
    NotDoneError,
    PaidBonus,
    RemoteSubmission,
    Standing,
    UnclearError,
    damaged,
)
from webapp.participants.recruiters.prolific_http import read, write

PROLIFIC_ID = re.compile(r"[0-9a-f]{24}")
"""Ids of participants, studies and submissions; reported (unverified)."""
ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
PAGE_SIZE = 100
MAX_PAGES = 1000
"""An answer that always promises another page ends here."""
STANDINGS = {
    "RESERVED": Standing.OPEN,
    "ACTIVE": Standing.OPEN,
    "AWAITING REVIEW": Standing.HANDED_IN,
    "APPROVED": Standing.PAID,
    "RETURNED": Standing.RETURNED,
    "TIMED OUT": Standing.TIMED_OUT,
    "REJECTED": Standing.CLOSED,
    "SCREENED OUT": Standing.CLOSED,
    "PARTIALLY APPROVED": Standing.CLOSED,
}
"""States of a submission (https://docs.prolific.com/api-reference/submissions/submission-object)."""


class Prolific:
    """A study on Prolific."""

    name = "Prolific"
    parameters = frozenset({"PROLIFIC_PID", "STUDY_ID", "SESSION_ID"})
    pays = True
    # Prolific speaks of minutes.
    settles_after = timedelta(hours=24)

    def __init__(self, recruitment: Recruitment) -> None:
        self.study_id = recruitment.external_study_id

    def parse_entry(self, parameters: Mapping[str, str]) -> Entry:
        """See `Recruiter`; all three parameters must be there."""
        for name in ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"):
            if name not in parameters:
                raise damaged(name, "the link lacks what Prolific adds to it", sender=self.name)
            if not PROLIFIC_ID.fullmatch(parameters[name]):
                raise damaged(name, "the link carries an id that Prolific does not give", sender=self.name)
        if parameters["STUDY_ID"] != self.study_id:
            raise damaged("STUDY_ID", "the link belongs to another study on Prolific", sender=self.name)
        return Entry(external_participant_id=parameters["PROLIFIC_PID"], submission_id=parameters["SESSION_ID"])

    def completion_url(self, code: str) -> str | None:
        """The page that takes the code (https://docs.prolific.com/documentation/core-concepts/reviewing-submissions-and-rewards)."""
        return f"{settings.PROLIFIC_APP_URL}/submissions/complete?cc={quote(code, safe='')}"

    def standing(self, state: str) -> Standing:
        """See `Recruiter`."""
        return _standing(state)

    def submissions(self) -> Iterator[RemoteSubmission]:
        """Page by page (https://docs.prolific.com/api-reference/submissions/get-submissions)."""
        for page in range(1, MAX_PAGES + 1):
            answer = read("submissions/", study=self.study_id, page=page, page_size=PAGE_SIZE)
            results = answer.get("results")
            if not isinstance(results, list):
                raise NotDoneError("Prolific sent a list that cannot be read", again=True)
            yield from map(_submission, results)
            if not _has_next(answer, of_page=len(results)):
                return

    def submission(self, external_id: str) -> RemoteSubmission:
        """One submission (https://docs.prolific.com/api-reference/submissions/get-submission)."""
        return _submission(self._details(external_id))

    def approve(self, external_id: str) -> bool:
        """Idempotent (https://docs.prolific.com/api-reference/submissions/transition-submission)."""
        answer = write(f"submissions/{external_id}/transition/", {"action": "APPROVE"})
        return _standing(str(answer.get("status"))) == Standing.PAID

    def request_return(self, external_id: str, *, reason: str) -> None:
        """Experimental, says Prolific (https://docs.prolific.com/api-reference/submissions/request-submission-return)."""
        write(f"submissions/{external_id}/request-return/", {"request_return_reasons": [reason]})

    def bonus_order(self, bonus: Bonus) -> str:
        """The first of two steps (https://docs.prolific.com/api-reference/bonuses/create-bonus-payments)."""
        line = f"{bonus.submission_id},{decimal_amount(bonus.amount)}"
        try:
            answer = write("submissions/bonus-payments/", {"study_id": self.study_id, "csv_bonuses": line})
        except UnclearError as error:
            # An order whose id we do not know cannot be carried out: nothing is paid.
            raise NotDoneError(str(error), again=True) from error
        order = str(answer.get("id"))
        if not ORDER_ID.fullmatch(order):
            raise NotDoneError("Prolific gave the order no id", again=True)
        return order

    def bonus_pay(self, bonus: Bonus, *, order: str) -> bool:
        """The second step. It is not idempotent, and paid within minutes after it.

        https://docs.prolific.com/api-reference/bonuses/pay-bonus-payments
        """
        write(f"bulk-bonus-payments/{order}/pay/", {}, reads_answer=False)
        return False

    def bonuses(self, submission_id: str) -> list[PaidBonus]:
        """Amounts in minor units, without a reference: they stand in the submission's `bonus_payments`."""
        amounts = self._details(submission_id).get("bonus_payments") or []
        return [PaidBonus(amount=round(amount)) for amount in amounts]

    def _details(self, external_id: str) -> dict[str, Any]:
        answer = read(f"submissions/{external_id}/")
        if answer.get("study_id") not in (None, self.study_id):
            raise NotDoneError("Prolific knows the submission in another study", again=False)
        return answer


def _has_next(answer: Mapping[str, Any], *, of_page: int) -> bool:
    """Whether another page follows; where the links are missing, a page that is not full is the last."""
    if "_links" not in answer:
        return of_page == PAGE_SIZE
    return bool(((answer["_links"] or {}).get("next") or {}).get("href"))


def _submission(told: Any) -> RemoteSubmission:
    # The list says `participant_id`, a single submission `participant`.
    try:
        external_id, state = str(told["id"]), str(told["status"])
        participant = str(told.get("participant_id") or told.get("participant") or "")
    except (KeyError, TypeError, AttributeError) as error:
        raise NotDoneError("Prolific sent a submission that cannot be read", again=True) from error
    return RemoteSubmission(external_id=external_id, external_participant_id=participant, state=state, standing=_standing(state))


def _standing(state: str) -> Standing:
    return STANDINGS.get(state.upper().replace("_", " ").replace("-", " "), Standing.OPEN)
