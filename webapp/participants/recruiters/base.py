"""What every recruiter can be asked: who enters, where they hand in, how their submissions stand, to pay them.

Two exceptions tell a refusal from silence, because only after a refusal may a payment be tried again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from experiments.contract.errors import InputError


class Outcome(StrEnum):
    """How a participation ended; a recruiter may have a completion code for each."""

    COMPLETED = "completed"
    FAILED_CHECKS = "failed_checks"
    NO_CONSENT = "no_consent"


class Standing(StrEnum):
    """What a submission's state at the recruiter means here."""

    OPEN = "open"
    HANDED_IN = "handed in"
    PAID = "paid"
    RETURNED = "returned"
    """By the participant, who knows that it is not paid."""
    TIMED_OUT = "timed out"
    CLOSED = "closed"
    """Ended in another way: rejected, screened out, paid in part."""


GIVEN_BACK = (Standing.RETURNED, Standing.TIMED_OUT)
"""Somebody else may have the task."""


class NotDoneError(Exception):
    """The recruiter did nothing: it refused, or was never reached."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again
        """Whether the same request may succeed later, as it is."""


class SilentError(NotDoneError):
    """The recruiter did nothing, for it was not reached or did not answer: whoever asks for more waits as long again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, again=True)


class UnclearError(Exception):
    """The recruiter may or may not have done what was asked: no answer came, or none that can be read."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a recruiter says of somebody who enters."""

    external_participant_id: str = ""
    """The recruiter's id of the person; empty if nobody sent them."""
    submission_id: str = ""
    """The recruiter's id of the submission or assignment."""
    is_preview: bool = False
    """They only look; nothing may be stored."""
    is_proven: bool = False
    """Nobody else can have said this of themselves: the id is a secret, or somebody vouches for it."""
    submit_to: str = ""
    """Address of the form that hands the work in, where the recruiter has one."""


@dataclass(frozen=True, kw_only=True)
class RemoteSubmission:
    """A submission as the recruiter tells of it."""

    external_id: str
    external_participant_id: str
    state: str
    """In the recruiter's own word."""
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class Bonus:
    """A payment beside the reward; the recruiter knows the submission that it is for."""

    payment_id: str
    submission_id: str
    external_participant_id: str
    amount: int
    """Minor units."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaidBonus:
    """A bonus that the recruiter lists as paid."""

    amount: int
    """Minor units."""
    reference: str = ""
    """Id of the payment in our ledger, where the recruiter keeps it."""


class Recruiter(Protocol):
    """A source of participants. Whatever asks the recruiter may raise NotDoneError; what changes something, also UnclearError."""

    name: str
    parameters: frozenset[str]
    """Names of the parameters that it adds to the participant's link."""
    pays: bool
    """Whether it can be asked to pay."""
    settles_after: timedelta
    """A bonus that was ordered and is not listed after so long was not paid."""

    def parse_entry(self, parameters: Mapping[str, str]) -> Entry:
        """What the parameters of a link say; checked by form alone.

        Raises:
            InputError: One is missing or malformed, or the link is another study's.
        """

    def completion_url(self, code: str) -> str | None:
        """Where the participant hands in with a code, if the recruiter has such a page."""

    def standing(self, state: str) -> Standing:
        """What one of its states means; an unknown one leaves a submission open, so that it is asked for again."""

    def submissions(self) -> Iterator[RemoteSubmission]:
        """All submissions of the study: the complete record, however many notices were lost."""

    def submission(self, external_id: str) -> RemoteSubmission:
        """One submission as it stands now."""

    def approve(self, external_id: str) -> bool:
        """Have the reward of a submission paid; asking twice pays once. Whether it is paid by now."""

    def request_return(self, external_id: str, *, reason: str) -> None:
        """Ask the participant to return the submission."""

    def bonus_order(self, bonus: Bonus) -> str:
        """Announce a bonus; no money moves. The id of the order."""

    def bonus_pay(self, bonus: Bonus, *, order: str) -> bool:
        """Carry the order out. Whether it is paid by now; else it will be, or not, and `bonuses` tells."""

    def bonuses(self, submission_id: str) -> list[PaidBonus]:
        """The bonuses that were paid for a submission."""


def damaged(field: str, message: str, *, sender: str) -> InputError:
    """The error of a link that is not as `sender` makes it."""
    return InputError(field=field, message=message, remedy=f"Open the study from {sender} again")
