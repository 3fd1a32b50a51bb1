"""Which block follows which, in the two experiments of the laboratory study, by the number of the session's task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

GRID = ("max_1", "minmax_1", "max_9", "minmax_9")
"""What experiment II shows: maximal references alone or minimal ones too, one or nine of a side."""
GRID_ORDERS = ((0, 1, 2, 3), (0, 2, 1, 3), (3, 1, 2, 0), (3, 2, 1, 0))
"""The published orders of the grid's conditions; participants take turns."""
TRIAL_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "experiment_1": ("none", "natural", "synthetic"),
    "experiment_2": tuple(f"{references}_{group}" for references in ("natural", "synthetic") for group in GRID),
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """Trials that stand together. Those of a `main` block are its share of the condition's main trials, and catch trials."""

    kind: Literal["rating", "practice", "main"]
    trials: int = 0
    """Ratings or practice trials; of a main block its catch trials."""
    condition: str = ""
    """Of the trials; empty for ratings."""


class ScheduleSettings(Protocol):
    """How many blocks there are, and of how many trials."""

    @property
    def ratings(self) -> int:
        """Ratings at the beginning, and as many at the end of experiment II."""

    @property
    def none_blocks(self) -> int:
        """Blocks of experiment I without references before the others, and as many after them."""

    @property
    def blocks(self) -> int:
        """Blocks of experiment I with natural, and as many with synthetic references."""

    @property
    def practice_trials(self) -> int:
        """Practice trials before the blocks of a condition of experiment I."""

    @property
    def catch_trials(self) -> int:
        """Catch trials of a block with references of experiment I."""

    @property
    def grid_blocks(self) -> int:
        """Blocks of each of the eight conditions of experiment II."""

    @property
    def grid_practice_trials(self) -> int:
        """Practice trials of each of them."""

    @property
    def grid_catch_trials(self) -> int:
        """Catch trials of each of their blocks."""


def schedule(experiment: str, *, index: int, settings: ScheduleSettings) -> list[Block]:
    """The blocks of task `index` of an experiment."""
    return {"experiment_1": _experiment_1, "experiment_2": _experiment_2}[experiment](index, settings)


def _experiment_1(index: int, settings: ScheduleSettings) -> list[Block]:
    """None, natural and synthetic references in turns, none again; every other session begins with natural ones."""
    practice, none = (
        Block(kind="practice", condition="none", trials=settings.practice_trials),
        Block(kind="main", condition="none"),
    )
    order = ("synthetic", "natural") if index % 2 == 0 else ("natural", "synthetic")
    guided = _in_turns(order, settings.blocks, practice=settings.practice_trials, catch=settings.catch_trials)
    return [_ratings(settings), practice, *[none] * settings.none_blocks, *guided, *[none] * settings.none_blocks]


def _experiment_2(index: int, settings: ScheduleSettings) -> list[Block]:
    """The four conditions of the grid one after another, each with natural and synthetic references in turns."""
    order = ("natural", "synthetic") if index // len(GRID) % 2 == 0 else ("synthetic", "natural")
    blocks = [_ratings(settings)]
    for number in GRID_ORDERS[index % len(GRID)]:
        conditions = [f"{references}_{GRID[number]}" for references in order]
        practice, catch = settings.grid_practice_trials, settings.grid_catch_trials
        blocks += _in_turns(conditions, settings.grid_blocks, practice=practice, catch=catch)
    return [*blocks, _ratings(settings)]


def _ratings(settings: ScheduleSettings) -> Block:
    return Block(kind="rating", trials=settings.ratings)


def _in_turns(conditions: Sequence[str], count: int, *, practice: int, catch: int) -> list[Block]:
    """Practice in each condition, then `count` main blocks of each in turns."""
    first = [Block(kind="practice", condition=condition, trials=practice) for condition in conditions]
    return first + [Block(kind="main", condition=condition, trials=catch) for _ in range(count) for condition in conditions]
