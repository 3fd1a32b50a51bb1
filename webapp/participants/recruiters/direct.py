"""A link that somebody passes on, with or without an id of their own for each person. Nobody is asked, and nobody pays."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NoReturn

from webapp.participants.recruiters.base import Bonus, Entry, NotDoneError, PaidBonus, RemoteSubmission, Standing
from webapp.participants.services import external_id_check


class DirectLink:
    """Participants who follow a link."""

    name = "direct link"
    parameters = frozenset({"participant"})
    pays = False
    settles_after = timedelta()

    def parse_entry(self, parameters: Mapping[str, str]) -> Entry:
        """An id if the link carries one; see `Recruiter`."""
        external_id = parameters.get("participant", "")
        if external_id:
            external_id_check(external_id)
        return Entry(external_participant_id=external_id)

    def completion_url(self, code: str) -> str | None:
        """None: the participant keeps the code."""
        return None

    def standing(self, state: str) -> Standing:
        """Nobody tells."""
        return Standing.OPEN

    def submissions(self) -> Iterator[RemoteSubmission]:
        """None are known."""
        return iter(())

    def submission(self, external_id: str) -> RemoteSubmission:
        """Nobody can be asked."""
        self._nobody()

    def approve(self, external_id: str) -> bool:
        """Nobody can be asked."""
        self._nobody()

    def request_return(self, external_id: str, *, reason: str) -> None:
        """Nobody can be asked."""
        self._nobody()

    def bonus_order(self, bonus: Bonus) -> str:
        """Nobody can be asked."""
        self._nobody()

    def bonus_pay(self, bonus: Bonus, *, order: str) -> bool:
        """Nobody can be asked."""
        self._nobody()

    def bonuses(self, submission_id: str) -> list[PaidBonus]:
        """None are known."""
        return []

    def _nobody(self) -> NoReturn:
        raise NotDoneError("no recruiter stands behind a direct link: pay by hand, and note it", again=True)
