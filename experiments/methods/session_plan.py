"""Reads the plan of a session as the server sends it to a participant's browser; what both kinds of bots do with it."""

from collections.abc import Mapping
from typing import Any

from experiments.contract.errors import InputError
from experiments.methods.observers.seen import Phase, SeenImage, SeenTrial

Plan = Mapping[str, Any]
PHASES: tuple[Phase, ...] = ("practice", "main")
"""In which trials are answered."""


class PausedError(InputError):
    """Nobody goes on with the study until it is opened again."""

    def __init__(self) -> None:
        remedy = "Run the same --seed again once the researcher has opened it; the sessions go on where they were"
        super().__init__(field="link", message="the study is paused", remedy=remedy)


def phase(plan: Plan) -> str:
    """Where the participant goes on: instructions, practice, main or finished.

    Raises:
        InputError: The study is paused, or the session has ended in another way.
    """
    found = str(plan["phase"])
    if found == "paused":
        raise PausedError
    if found not in ("instructions", "practice", "main", "finished"):
        message = f"the session stands at {found!r}, where nothing can be answered"
        raise InputError(field="link", message=message, remedy="Give another --seed for new participants")
    return found


def answer_lock(plan: Plan, trial: Plan, *, of: Phase) -> float:
    """For how many ms after onset the buttons of a trial stay closed."""
    shown = plan["practice"] if of == "practice" else plan["main"]["blocks"][trial["block"]]
    return float(shown["presentation"]["answer_lock"])


def is_rating(trial: Plan) -> bool:
    """Whether a trial is answered with the slider."""
    return bool(trial["form"] == "rating")


def seen_trial(plan: Plan, trial: Plan, *, of: Phase, participant: str, images: Mapping[str, SeenImage]) -> SeenTrial:
    """What an observer gets of a trial of a plan."""
    trials = plan[of]["trials"]
    number = next(i for i, other in enumerate(trials) if other["id"] == trial["id"])
    return SeenTrial(participant=participant, phase=of, number=number, count=len(trials), plan=trial, images=images)
