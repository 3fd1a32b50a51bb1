"""Runs of simulated participants, whichever way they take part; called by the CLI.

They look at the images as far as a program does: each is fetched and its sha256 checked. Response times are drawn, not waited.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from experiments.contract.fields import require_range
from experiments.methods.observers.seen import Observer
from experiments.methods.participant_link import Link

SESSION, LEAVING = 0, 1
"""Streams of random numbers of a session: who leaves early does the rest as if they did not."""


class TakenPartError(Exception):
    """The server says that this participant has finished this study before."""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """A simulated participant."""

    name: str
    """The id under which it comes."""
    observer_name: str
    observer: Observer
    rng: np.random.Generator
    leaves_at: float | None
    """Share of the main trials after which it closes the window; None: it stays to the end."""

    def leaves_before(self, number: int, *, count: int) -> bool:
        """Whether it is gone before main trial `number` (from 0) of `count`."""
        return self.leaves_at is not None and number >= int(self.leaves_at * count)


@dataclass(kw_only=True)
class Outcome:
    """What came of one session, as far as the server told: in some studies it says nothing on main trials."""

    finished: bool = False
    answers: int = 0
    judged: list[bool] = field(default_factory=list)
    """For each main or catch trial with feedback whether it was right."""


class TakePart(Protocol):
    """A way to take part: over HTTP in `http_bots`, in a real browser in `browser_bots`."""

    def __call__(self, link: Link, participant: Simulated) -> Outcome:
        """Go through one session until the server releases the completion code, or the participant leaves.

        Raises:
            InputError: The server refuses, the study is paused, or an image is not what the plan says.
            TakenPartError: The participant has finished this study before.
        """


@dataclass(frozen=True, kw_only=True)
class Run:
    """How many are sent, and under which names."""

    observer_name: str
    sessions: int
    seed: int
    dropout: float = 0.0
    """Share of the sessions that stop before one of their main trials and never go on."""

    def __post_init__(self) -> None:
        require_range(self, "sessions", 1, 1_000_000)
        require_range(self, "seed", 0, 2**63)
        require_range(self, "dropout", 0, 1)

    def participant(self, number: int, observer: Observer) -> Simulated:
        """Participant `number`; the same for the same seed, so that an interrupted run goes on."""
        leaving = np.random.default_rng([self.seed, number, LEAVING])
        return Simulated(
            name=f"bot-{self.seed}-{number}-{self.observer_name}",
            observer_name=self.observer_name,
            observer=observer,
            rng=np.random.default_rng([self.seed, number, SESSION]),
            leaves_at=float(leaving.random()) if leaving.random() < self.dropout else None,
        )


def run_sessions(link: Link, run: Run, *, observer: Observer, take_part: TakePart) -> Iterator[Outcome | None]:
    """The outcome of each session as it ends; None for a participant who had taken part before.

    Raises:
        InputError: The link, the study or the server refuses.
    """
    for number in range(run.sessions):
        try:
            yield take_part(link, run.participant(number, observer))
        except TakenPartError:
            yield None
