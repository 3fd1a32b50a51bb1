"""Writes of responses: an answer is stored once, and what is odd about it is noted, not refused."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from experiments.contract.designs import CHOICES, WITH_CONFIDENCE
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.api_errors import Conflict
from webapp.participants.models import Participant
from webapp.studies.models import Response, Session, SessionEvent, Trial
from webapp.studies.selectors import session_phase, study_design
from webapp.studies.services.response_row import response_insert

FASTEST_RT = 100.0
"""ms; nobody sees two images and presses a button faster."""
CLOCK_SLACK = 5000.0
"""ms by which a browser's clock may run ahead of the server's before a response time is called impossible."""
STAMP_SLACK = 1.0
"""ms by which the response time may differ from the stamps that it was computed from."""
KEPT_DIGITS = {"viewport_width": -1, "viewport_height": -1, "refresh_interval": 1}
"""What could tell one browser from another is rounded: px to tens, ms between frames to tenths."""
WORDS_OF_ANSWER = ("key", "choice", "confidence", "rating")


def response_record(session: Session, trial: Trial, answer: Mapping[str, Any]) -> Response:
    """Store the answer to a trial, once; the same answer sent again finds itself.

    Raises:
        InputError: It is not an answer to such a trial.
        Conflict: The trial has another answer, it is not its turn, or the session was erased meanwhile.
    """
    _require_fitting(session, trial, answer)
    refusal = _out_of_turn(session, trial)
    if refusal is None:
        correct = answer["choice"] == trial.correct_choice if trial.correct_choice else None
        coarse = {name: round(answer[name], digits) for name, digits in KEPT_DIGITS.items()}
        odd = {"flags": " ".join(oddities(session, answer)), "answered_at": timezone.now()}
        response = Response(trial=trial, **{**answer, **coarse, **odd, "correct": correct})
        if _is_stored(response, session):
            return response
        refusal = InputError(field="session", message="it was erased", remedy="Reload the page")
    earlier = Response.objects.filter(trial=trial).first()
    if earlier is None:
        raise Conflict(refusal)
    if any(getattr(earlier, field) != answer.get(field, getattr(earlier, field)) for field in WORDS_OF_ANSWER):
        _contradiction_note(session, trial, answer)
        message = "this trial has been answered, with another answer"
        raise Conflict(InputError(field="trial", message=message, remedy="Go on with the next trial; the first answer stands"))
    return earlier


def _contradiction_note(session: Session, trial: Trial, answer: Mapping[str, Any]) -> None:
    """Note the first one of a trial, so that a browser that goes on and on does not fill the table."""
    noted = SessionEvent.objects.filter(session=session, kind=SessionEvent.Kind.CONTRADICTION, details__trial=str(trial.id))
    if not noted.exists():
        details = {"trial": str(trial.id), **{field: str(answer.get(field)) for field in WORDS_OF_ANSWER}}
        SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.CONTRADICTION, details=details)


def _is_stored(response: Response, session: Session) -> bool:
    try:
        return response_insert(response, session=session)
    except IntegrityError:
        # An erasure took the trial away just then.
        return False


def oddities(session: Session, answer: Mapping[str, Any]) -> list[str]:
    """What is odd about an answer: a time that nobody can have, stamps that contradict one another.

    The times of simulated participants are drawn, not waited, so that the server's clock says nothing of them.
    """
    found = []
    since_served = float("inf")
    if session.served_at and session.kind != Participant.Kind.BOT:
        since_served = (timezone.now() - session.served_at).total_seconds() * 1000
    if answer["rt"] < FASTEST_RT or answer["rt"] > since_served + CLOCK_SLACK:
        found.append("rt_impossible")
    stamps = answer["onset"], answer["second_frame"], answer["event_time"]
    drift = abs(answer["event_time"] - answer["onset"] - answer["rt"])
    if (
        drift > STAMP_SLACK
        or list(stamps[:2]) != sorted(stamps[:2])
        or answer["handler_time"] < answer["event_time"] - STAMP_SLACK
    ):
        found.append("clock_jump")
    return found


def _require_fitting(session: Session, trial: Trial, answer: Mapping[str, Any]) -> None:
    task, is_rating = study_design(session.study).TASK, trial.kind == "rating"
    wanted = {"rating"} if is_rating else {"choice", "confidence"} if task in WITH_CONFIDENCE else {"choice"}
    for field in ("choice", "confidence", "rating"):
        told = "it is missing" if field in wanted else f"it does not belong to a {'rating' if is_rating else 'choice'} here"
        require((field in answer) == (field in wanted), field, told, "Correct it")
    if not is_rating:
        choices = CHOICES[task]
        remedy = f"Choose one of {', '.join(choices)}"
        require(answer["choice"] in choices, "choice", f"{answer['choice']!r} is not an answer here", remedy)


def _out_of_turn(session: Session, trial: Trial) -> InputError | None:
    """Why a trial without an answer cannot be answered now; None if it can."""
    phase = session_phase(session)
    if (phase == "practice" and trial.attempt == session.attempt) or (phase == "main" and trial.attempt == 0):
        return None
    message = f"a {'practice' if trial.attempt else 'main'} trial cannot be answered in this phase"
    return InputError(field="trial", message=message, remedy="Reload the page; it goes on where you are")
