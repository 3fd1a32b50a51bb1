"""Balanced randomness that the designs share: everything follows from the seeds they are given.

What a task asks about (units and batches) follows from its number and the study's seed; order and sides follow from the
session's seed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np

from experiments.contract.designs import PlannedTrial, TrialKind
from experiments.contract.fields import require

T = TypeVar("T")

MAIN, CATCH = 0, 1
"""Streams of a study's seed: main and catch trials are dealt from backlogs of their own."""


def generator(*parts: int) -> np.random.Generator:
    """A generator for a stream named by integers, such as (seed of the session, attempt)."""
    return np.random.default_rng(np.random.SeedSequence(parts))


def shuffled(items: Sequence[T], rng: np.random.Generator) -> list[T]:
    """The items in random order."""
    return [items[i] for i in rng.permutation(len(items))]


def dealt(items: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """`count` items from a backlog that is reshuffled whenever it is empty, so that each appears equally often (± 1)."""
    dealt_items: list[T] = []
    while len(dealt_items) < count:
        dealt_items += shuffled(items, rng)
    return dealt_items[:count]


def hands(items: Sequence[T], size: int, rng: np.random.Generator) -> Iterator[list[T]]:
    """Hand after hand of `size` different items from a backlog that is reshuffled whenever it is empty.

    `size` is at most the number of items. Over any number of hands each item appears equally often (± 1).
    """
    backlog: list[T] = []
    while True:
        hand, backlog = backlog[:size], backlog[size:]
        missing = size - len(hand)
        if missing:
            # A fresh round, in which the items of this hand come after those that complete it.
            fresh = shuffled([item for item in items if item not in hand], rng)
            backlog = shuffled([*fresh[missing:], *hand], rng)
            hand += fresh[:missing]
        yield hand


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A trial's unit, before anything else of the trial is known."""

    unit: str
    turn: int
    """How often the unit was asked about before, in earlier tasks and in this one; its batches take turns by this."""


def task_slots(units: Sequence[str], *, task: int, count: int, seed: int, stream: int = MAIN) -> list[Slot]:
    """The `count` slots of a task, the same for every condition and session; no unit twice while there are enough.

    Over all tasks from 0 on each unit appears equally often: exactly where the numbers divide, else ± 1.

    Raises:
        InputError: There are no units.
    """
    require(bool(units), "units", "there are none to ask about", "Give at least one unit address")
    rounds, size = divmod(count, len(units))
    dealing = hands(units, size, generator(seed, stream))
    turns = Counter(unit for hand in islice(dealing, task) for unit in hand)
    turns.update(dict.fromkeys(units, rounds * task))
    slots = []
    for unit in [*list(units) * rounds, *next(dealing)]:
        slots.append(Slot(unit=unit, turn=turns[unit]))
        turns[unit] += 1
    return slots


def correct_sides(choices: tuple[str, ...], count: int, rng: np.random.Generator, *, feedback: bool) -> list[str]:
    """For each of `count` trials the place of the correct image.

    Half of them each (± 1), in random order; with feedback each is tossed, as published (p = .5). Who hears what was right
    and counts could else tell the last sides from the first: `docs/decisions/0008-sides-are-tossed-where-there-is-feedback.md`.
    """
    if feedback:
        return [choices[toss] for toss in rng.integers(2, size=count)]
    first = shuffled(choices, rng)
    return shuffled([first[i % 2] for i in range(count)], rng)


class SessionSettings(Protocol):
    """The numbers of a session that the designs of one block have."""

    @property
    def seed(self) -> int:
        """Of the study."""

    @property
    def main_trials(self) -> int:
        """Trials that count."""

    @property
    def catch_trials(self) -> int:
        """Obvious trials among them, to check attention."""

    @property
    def practice_obvious(self) -> int:
        """Obvious trials of an attempt at practice."""

    @property
    def practice_other(self) -> int:
        """Ordinary trials of an attempt at practice."""


class Stimuli(Protocol):
    """What a design knows of its stimuli: how to lay out a trial, and which batches there are."""

    def trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """An ordinary trial."""

    def obvious_trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial that everybody who looks gets right."""

    def batches(self, unit: str) -> int:
        """How many batches of the unit there are; the last is kept for example and practice where there is more than one."""


def plan_session(
    stimuli: Stimuli,
    seed: int,
    *,
    index: int,
    choices: tuple[str, ...],
    feedback: bool,
    units: Sequence[str],
    settings: SessionSettings,
) -> list[PlannedTrial]:
    """The example, then main and catch trials of task `index` in random order; sides depend on `feedback` in both."""
    rng = generator(seed, 0)
    trials: list[PlannedTrial] = []
    used: set[tuple[str, int]] = set()
    slots = task_slots(units, task=index, count=settings.main_trials, seed=settings.seed)
    for slot, side in zip(slots, correct_sides(choices, len(slots), rng, feedback=feedback), strict=True):
        batch = slot.turn % main_batches(stimuli.batches(slot.unit))
        used.add((slot.unit, batch))
        trials.append(stimuli.trial("main", slot.unit, batch, correct=side, rng=rng))
    slots = task_slots(units, task=index, count=settings.catch_trials, seed=settings.seed, stream=CATCH)
    for slot, side in zip(slots, correct_sides(choices, len(slots), rng, feedback=feedback), strict=True):
        batch = _unused_batch(slot, used, batches=main_batches(stimuli.batches(slot.unit)))
        used.add((slot.unit, batch))
        trials.append(stimuli.obvious_trial("catch", slot.unit, batch, correct=side, rng=rng))
    unit = shuffled(units, rng)[0]
    example = stimuli.trial("example", unit, stimuli.batches(unit) - 1, correct=choices[0], rng=rng)
    return [example, *shuffled(trials, rng)]


def plan_practice(
    stimuli: Stimuli, seed: int, *, attempt: int, choices: tuple[str, ...], units: Sequence[str], settings: SessionSettings
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, drawn afresh for each attempt; with feedback."""
    require(bool(units), "units", "there are none to practice with", "Give at least one unit address")
    rng = generator(seed, attempt)
    count = settings.practice_obvious + settings.practice_other
    trials = []
    drawn = zip(dealt(units, count, rng), correct_sides(choices, count, rng, feedback=True), strict=True)
    for number, (unit, side) in enumerate(drawn):
        make = stimuli.obvious_trial if number < settings.practice_obvious else stimuli.trial
        trials.append(make("practice", unit, stimuli.batches(unit) - 1, correct=side, rng=rng))
    return shuffled(trials, rng)


def main_batches(batches: int) -> int:
    """How many of a unit's batches main and catch trials use: all but the last, which is kept, where there are several."""
    return max(1, batches - 1)


def _unused_batch(slot: Slot, used: set[tuple[str, int]], *, batches: int) -> int:
    """The batch whose turn it is, or the next that this session has not shown yet."""
    turns = [(slot.turn + more) % batches for more in range(batches)]
    return next((batch for batch in turns if (slot.unit, batch) not in used), turns[0])
