"""Fills the blocks of a session of the laboratory study with trials."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from experiments.contract.designs import CHOICES, PlannedTrial
from experiments.contract.fields import require
from experiments.contract.planning import correct_sides, dealt, generator, main_batches, shuffled, task_slots
from experiments.papers.borowski2021_exemplary.layout import Stimuli
from experiments.papers.borowski2021_exemplary.schedule import GRID, TRIAL_CONDITIONS, Block, ScheduleSettings, schedule

SIDES = CHOICES["two_afc"]
RATINGS, OTHERS = 2, 3
"""Streams of the study's seed, beside those of `planning`: units that are rated; units of practice and catch trials."""
EXAMPLE = {"experiment_1": "natural", "experiment_2": "natural_minmax_9"}
"""Condition of the solved example."""


class SessionSettings(ScheduleSettings, Protocol):
    """The numbers of a session."""

    @property
    def seed(self) -> int:
        """Of the study."""

    @property
    def main_trials(self) -> int:
        """Main trials of each condition, at most one for each unit."""


def plan_session(
    stimuli: Stimuli, seed: int, *, index: int, experiment: str, units: Sequence[str], settings: SessionSettings
) -> list[PlannedTrial]:
    """The example, then the trials of all blocks of task `index`; blocks without trials are left out.

    Raises:
        InputError: There are no units.
    """
    require(bool(units), "units", "there are none to ask about", "Give at least one unit address")
    rng = generator(seed, 0)
    blocks = schedule(experiment, index=index, settings=settings)
    shares = {
        condition: _main_shares(stimuli, condition, blocks, index=index, units=units, settings=settings, rng=rng)
        for condition in TRIAL_CONDITIONS[experiment]
    }
    count = sum(block.trials for block in blocks if block.kind != "rating")
    others = iter(dealt(units, count, generator(settings.seed, OTHERS, index)))
    filled = []
    for block in blocks:
        if block.kind == "rating":
            rated = shuffled(units, generator(settings.seed, RATINGS))[: block.trials]
            filled.append([stimuli.rating(unit) for unit in shuffled(rated, rng)])
            continue
        asked = [next(others) for _ in range(block.trials)]
        trials = _other_trials(stimuli, block, asked, rng=rng)
        filled.append(shuffled([*trials, *shares[block.condition].pop(0)], rng) if block.kind == "main" else trials)
    unit = shuffled(units, rng)[0]
    kept = stimuli.batches(unit) - 1
    example = stimuli.trial("example", unit, kept, condition=EXAMPLE[experiment], correct=SIDES[0], rng=rng)
    numbered = enumerate(trials for trials in filled if trials)
    return [example, *(replace(trial, block=number) for number, trials in numbered for trial in trials)]


def _main_shares(
    stimuli: Stimuli,
    condition: str,
    blocks: Sequence[Block],
    *,
    index: int,
    units: Sequence[str],
    settings: SessionSettings,
    rng: np.random.Generator,
) -> list[list[PlannedTrial]]:
    """The main trials of a condition, dealt over its blocks; which block gets one more goes round with the tasks."""
    hand, offset = _hand(condition, index)
    slots = task_slots(units, task=hand, count=min(settings.main_trials, len(units)), seed=settings.seed)
    trials = []
    for slot, side in zip(slots, correct_sides(SIDES, len(slots), rng, feedback=True), strict=True):
        batch = (slot.turn + offset) % main_batches(stimuli.batches(slot.unit))
        trials.append(stimuli.trial("main", slot.unit, batch, condition=condition, correct=side, rng=rng))
    trials = shuffled(trials, rng)
    count = Counter(block.condition for block in blocks if block.kind == "main")[condition]
    return [trials[(number - index) % count :: count] for number in range(count)]


def _hand(condition: str, index: int) -> tuple[int, int]:
    """Which hand of units a condition takes in task `index`, and by how many batches it is ahead of the others.

    In experiment I all conditions take the same units, each from a batch of its own. In experiment II the four conditions
    of the grid exchange their units over four tasks; synthetic references come with other batches than natural ones.
    """
    references, _, group = condition.partition("_")
    if not group:
        return index, TRIAL_CONDITIONS["experiment_1"].index(condition)
    first = index - index % len(GRID)
    hand = first + (index + GRID.index(group)) % len(GRID)
    return hand, 0 if references == "natural" else len(GRID)


def _other_trials(stimuli: Stimuli, block: Block, units: Sequence[str], *, rng: np.random.Generator) -> list[PlannedTrial]:
    """The practice or catch trials of a block, from the batch of each unit that is kept for them."""
    trials = []
    for unit, side in zip(units, correct_sides(SIDES, len(units), rng, feedback=True), strict=True):
        kept = stimuli.batches(unit) - 1
        if block.kind == "practice":
            trials.append(stimuli.trial("practice", unit, kept, condition=block.condition, correct=side, rng=rng))
        else:
            trials.append(stimuli.catch_trial(unit, kept, condition=block.condition, correct=side, rng=rng))
    return trials
