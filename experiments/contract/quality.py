"""Rules that a session must satisfy to be counted: a name, and between which values the session's value must lie.

A design declares the published ones; a study may have its own versions of them. The web process computes the values.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from experiments.contract.fields import require

QualityName = Literal[
    "catch_ratio",
    "instruction_time",
    "total_time",
    "side_variability",
    "practice_attempts",
    "participations",
    "impossible_rt",
    "focus_losses",
]
QUALITY_NAMES: tuple[QualityName, ...] = get_args(QualityName)


@dataclass(frozen=True, kw_only=True)
class QualityRule:
    """A session passes if its value lies in [`low`, `high`]; an end that is None is open.

    Values: `catch_ratio` the share of catch trials that were right; `instruction_time` in s on the pages of text;
    `total_time` in s from the first sending of the plan to the end, by the server's clock and without pauses of the study;
    `side_variability` how often the side that was chosen less was chosen in main and catch trials; `practice_attempts` and
    `participations` (sessions of this person in studies of this paper) counts; `impossible_rt` the number of answers
    faster than a person can be, or slower than the server's clock allows; `focus_losses` their number in main trials.
    """

    name: QualityName
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        require(self.name in QUALITY_NAMES, "name", f"{self.name!r} is no rule", f"Choose one of {', '.join(QUALITY_NAMES)}")
        ends = [end for end in (self.low, self.high) if end is not None]
        require(bool(ends), self.name, "it has neither a low nor a high end", "Give at least one")
        require(ends == sorted(ends), self.name, "its low end lies above its high end", "Exchange them")

    def passes(self, value: float) -> bool:
        """Whether a session with this value satisfies the rule."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def in_proportion(threshold: float, *, trials: int, published: int) -> float:
    """A published threshold on something that grows with the number of trials, for a session of another length, to a tenth."""
    return round(threshold * trials / published, 1)
