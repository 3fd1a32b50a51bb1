"""Balanced randomness that the designs share: everything follows from the seed they are given."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from experiments.contract.designs import PlannedTrial, TrialKind

T = TypeVar("T")


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


def balanced_sides(choices: tuple[str, str], count: int, rng: np.random.Generator) -> list[str]:
    """For each of `count` trials the place of the correct image: half of them each (± 1), in random order."""
    first = shuffled(choices, rng)
    return shuffled([first[i % 2] for i in range(count)], rng)


class SessionSettings(Protocol):
    """The numbers of a session that every design has."""

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
    stimuli: Stimuli, seed: int, *, index: int, choices: tuple[str, str], units: Sequence[str], settings: SessionSettings
) -> list[PlannedTrial]:
    """The example, then main and catch trials in random order.

    Units are dealt equally often, sides are balanced, and the batches of a unit go on from session to session
    (`index` counts the sessions of a condition).
    """
    rng = generator(seed, 0)
    trials: list[PlannedTrial] = []
    seen = dict.fromkeys(units, 0)
    appearances = -(-settings.main_trials // len(units))
    for unit, side in _dealt_sides(units, choices, settings.main_trials, rng):
        batch = (index * appearances + seen[unit]) % _main_batches(stimuli, unit)
        seen[unit] += 1
        trials.append(stimuli.trial("main", unit, batch, correct=side, rng=rng))
    for unit, side in _dealt_sides(units, choices, settings.catch_trials, rng):
        batch = int(rng.integers(_main_batches(stimuli, unit)))
        trials.append(stimuli.obvious_trial("catch", unit, batch, correct=side, rng=rng))
    example_unit = shuffled(units, rng)[0]
    example = stimuli.trial("example", example_unit, stimuli.batches(example_unit) - 1, correct=choices[0], rng=rng)
    return [example, *shuffled(trials, rng)]


def plan_practice(
    stimuli: Stimuli, seed: int, *, attempt: int, choices: tuple[str, str], units: Sequence[str], settings: SessionSettings
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, drawn afresh for each attempt."""
    rng = generator(seed, attempt)
    trials = []
    drawn = _dealt_sides(units, choices, settings.practice_obvious + settings.practice_other, rng)
    for number, (unit, side) in enumerate(drawn):
        make = stimuli.obvious_trial if number < settings.practice_obvious else stimuli.trial
        trials.append(make("practice", unit, stimuli.batches(unit) - 1, correct=side, rng=rng))
    return shuffled(trials, rng)


def _dealt_sides(units: Sequence[str], choices: tuple[str, str], count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    return list(zip(dealt(units, count, rng), balanced_sides(choices, count, rng), strict=True))


def _main_batches(stimuli: Stimuli, unit: str) -> int:
    return max(1, stimuli.batches(unit) - 1)
