"""Amazon Mechanical Turk: an adapter over boto3. It takes no new requesters, existing accounts go on.

Published at https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/; the operations are named at each request.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import boto3
from botocore import exceptions
from botocore.config import Config
from django.conf import settings

from webapp.participants.models import Recruitment
from webapp.participants.money import decimal_amount
from webapp.participants.recruiters.base import (
    Bonus,
    Entry,
    NotDoneError,
    PaidBonus,
    RemoteSubmission,
    SilentError,
    Standing,
    UnclearError,
    damaged,
)

REGION = "us-east-1"
TIMEOUT_SECONDS = 10
SERVER_FAULT = 500
TRY_LATER = (401, 403, 429)
MAX_DETAIL = 300
NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"
"""The assignment's id while a worker only looks."""
TURK_ID = re.compile(r"[A-Za-z0-9]{1,64}")
STANDINGS = {"Submitted": Standing.HANDED_IN, "Approved": Standing.PAID, "Rejected": Standing.CLOSED}
SCHEMA = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd"
FRAME_HEIGHT = 800
"""px, as in the original studies."""
NEVER_SENT = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ParamValidationError,
)
REFERENCE = re.compile(r"\(reference ([0-9a-f-]{36})\)$")


class MTurk:
    """A HIT on Mechanical Turk. Returned and abandoned assignments are not listed there: their tasks go back by the lease."""

    name = "Mechanical Turk"
    parameters = frozenset({"assignmentId", "hitId", "workerId", "turkSubmitTo"})
    pays = True
    settles_after = timedelta(hours=1)

    def __init__(self, recruitment: Recruitment) -> None:
        self.hit_id = recruitment.external_study_id

    def parse_entry(self, parameters: Mapping[str, str]) -> Entry:
        """See `Recruiter`; a worker who has not accepted the HIT is a preview.

        https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMechanicalTurkRequester/mturk-hits-defining-questions-html-rendered.html
        """
        if parameters.get("assignmentId") == NOT_ACCEPTED:
            return Entry(is_preview=True)
        for name in ("assignmentId", "hitId", "workerId"):
            if name not in parameters:
                raise damaged(name, "the link lacks what Mechanical Turk adds to it", sender=self.name)
            if not TURK_ID.fullmatch(parameters[name]):
                raise damaged(name, "the link carries an id that Mechanical Turk does not give", sender=self.name)
        if parameters["hitId"] != self.hit_id:
            raise damaged("hitId", "the link belongs to another task on Mechanical Turk", sender=self.name)
        return Entry(
            external_participant_id=parameters["workerId"],
            submission_id=parameters["assignmentId"],
            submit_to=self._submit_to(parameters.get("turkSubmitTo", "")),
        )

    def completion_url(self, code: str) -> str | None:
        """None: the work is handed in through the form in Mechanical Turk's own frame."""
        return None

    def standing(self, state: str) -> Standing:
        """See `Recruiter`."""
        return STANDINGS.get(state, Standing.OPEN)

    def submissions(self) -> Iterator[RemoteSubmission]:
        """Operation ListAssignmentsForHIT, page by page."""
        token: dict[str, str] = {}
        while True:
            answer = _ask("list_assignments_for_hit", HITId=self.hit_id, MaxResults=100, **token)
            yield from map(_submission, answer.get("Assignments", []))
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def submission(self, external_id: str) -> RemoteSubmission:
        """Operation GetAssignment; it knows an assignment once it is submitted."""
        try:
            told = _ask("get_assignment", AssignmentId=external_id)["Assignment"]
        except NotDoneError as error:
            raise NotDoneError(str(error), again=True) from error
        if told.get("HITId") != self.hit_id:
            raise NotDoneError("Mechanical Turk knows the assignment in another task", again=False)
        return _submission(told)

    def approve(self, external_id: str) -> bool:
        """Operation ApproveAssignment: it works once for each assignment."""
        _tell("approve_assignment", AssignmentId=external_id)
        return True

    def request_return(self, external_id: str, *, reason: str) -> None:
        """Mechanical Turk knows no such request."""
        raise NotDoneError("Mechanical Turk cannot ask a worker to return an assignment", again=False)

    def bonus_order(self, bonus: Bonus) -> str:
        """Nothing is announced; the token by which a bonus is granted once is the payment's own id."""
        return bonus.payment_id

    def bonus_pay(self, bonus: Bonus, *, order: str) -> bool:
        """Operation SendBonus, granted once for a token: a second one is refused, and then the list tells that it was paid."""
        try:
            _tell(
                "send_bonus",
                WorkerId=bonus.external_participant_id,
                AssignmentId=bonus.submission_id,
                BonusAmount=decimal_amount(bonus.amount),
                Reason=f"{bonus.reason} (reference {bonus.payment_id})",
                UniqueRequestToken=order,
            )
        except NotDoneError:
            if not any(paid.reference == bonus.payment_id for paid in self.bonuses(bonus.submission_id)):
                raise
        return True

    def bonuses(self, submission_id: str) -> list[PaidBonus]:
        """Operation ListBonusPayments; our reference stands in the reason."""
        answer = _ask("list_bonus_payments", AssignmentId=submission_id, MaxResults=100)
        return [_bonus(told) for told in answer.get("BonusPayments", [])]

    def hit_create(self, *, url: str, title: str, reward: int, places: int, minutes: int, hours: int, token: str) -> str:
        """Operation CreateHIT with an external question; the same token creates one. The id of the HIT.

        Args:
            url: Of the page that Mechanical Turk shows in its frame, over https.
            title: Shown to workers.
            reward: Minor units.
            places: How many workers.
            minutes: Time for one worker.
            hours: How long the HIT is offered.
            token: Of this request, at most 64 characters.
        """
        answer = _tell(
            "create_hit",
            Title=title,
            Description=title,
            Reward=decimal_amount(reward),
            MaxAssignments=places,
            AssignmentDurationInSeconds=minutes * 60,
            LifetimeInSeconds=hours * 3600,
            Question=external_question(url),
            UniqueRequestToken=token,
        )
        return str(answer["HIT"]["HITId"])

    def _submit_to(self, origin: str) -> str:
        """The address of the hand-in form; only at hosts of Mechanical Turk, or anybody could collect what is handed in."""
        if origin.rstrip("/") not in settings.MTURK_SUBMIT_ORIGINS:
            raise damaged("turkSubmitTo", "the link names an address that is not Mechanical Turk's", sender=self.name)
        return f"{origin.rstrip('/')}/mturk/externalSubmit"


def external_question(url: str) -> str:
    """The question of a HIT that shows a page of ours (https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/ApiReference_ExternalQuestionArticle.html)."""
    return (
        f'<ExternalQuestion xmlns="{SCHEMA}"><ExternalURL>{escape(url)}</ExternalURL>'
        f"<FrameHeight>{FRAME_HEIGHT}</FrameHeight></ExternalQuestion>"
    )


def _ask(operation: str, **parameters: Any) -> dict[str, Any]:
    """Ask something that changes nothing."""
    try:
        return _tell(operation, **parameters)
    except UnclearError as error:
        raise SilentError(str(error)) from error


@cache
def _client(url: str) -> Any:
    # One attempt: whether to try again is decided by the ledger, not by the library.
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS)
    return boto3.client("mturk", region_name=REGION, endpoint_url=url, config=config)


def _tell(operation: str, **parameters: Any) -> dict[str, Any]:
    """Ask something that may change something."""
    try:
        call: Callable[..., dict[str, Any]] = getattr(_client(settings.MTURK_URL), operation)
        return call(**parameters)
    except exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= SERVER_FAULT:
            raise UnclearError(f"Mechanical Turk answered {status}") from error
        code, message = (error.response["Error"].get(name, "") for name in ("Code", "Message"))
        again = "Throttling" in code or status in TRY_LATER
        raise NotDoneError(f"Mechanical Turk refused: {_nameless(message or code, parameters)}", again=again) from error
    except NEVER_SENT as error:
        raise SilentError(f"Mechanical Turk cannot be reached ({type(error).__name__})") from error
    except exceptions.BotoCoreError as error:
        raise UnclearError(f"Mechanical Turk did not answer ({type(error).__name__})") from error


def _nameless(message: str, parameters: Mapping[str, Any]) -> str:
    """What an error says of itself, without ids of persons: it is stored."""
    for name in ("AssignmentId", "WorkerId"):
        message = message.replace(parameters.get(name) or "\0", "<id>")
    return message[:MAX_DETAIL]


def _submission(told: dict[str, Any]) -> RemoteSubmission:
    state = told["AssignmentStatus"]
    return RemoteSubmission(
        external_id=told["AssignmentId"],
        external_participant_id=told["WorkerId"],
        state=state,
        standing=STANDINGS.get(state, Standing.OPEN),
    )


def _bonus(told: dict[str, Any]) -> PaidBonus:
    units, _, cents = told["BonusAmount"].partition(".")
    reference = REFERENCE.search(told.get("Reason", ""))
    return PaidBonus(amount=int(units) * 100 + int(cents.ljust(2, "0")[:2] or 0), reference=reference[1] if reference else "")
