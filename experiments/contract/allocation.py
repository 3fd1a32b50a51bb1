"""Adaptive allocation: which units the next session asks about, so that answers go where the scores are least certain.

An optional policy, called by the web process when a session starts. What it buys and costs, as measured, stands in
`docs/decisions/0006-adaptive-allocation.md`; `methods.allocation_simulation` measures it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.contract.errors import InputError
from experiments.contract.fields import require_whole
from experiments.contract.intervals import wilson_half_width
from experiments.contract.planning import generator

MINIMUM = 5
"""Every unit gets so many answers before uncertainty decides."""
CORRELATIONS = (0.005, 0.5)
"""Between these the correlation of answers about the same unit is believed: 0 would never listen to a single unit."""


@dataclass(frozen=True, kw_only=True)
class UnitCount:
    """What is known of a unit in the condition of the new session, from sessions that count or may still count."""

    right: int = 0
    answered: int = 0
    """Stored answers to main trials, right and wrong."""
    pending: int = 0
    """Main trials of running sessions that are not answered yet."""

    def __post_init__(self) -> None:
        for field in ("right", "answered", "pending"):
            require_whole(field, getattr(self, field), 0, 10**9)
        if self.right > self.answered:
            message = f"{self.right} of {self.answered} answers cannot be right"
            raise InputError(field="right", message=message, remedy="Count as answered every stored answer, right and wrong")


def choose_units(counts: Mapping[str, UnitCount], *, wanted: int, seed: int) -> list[str]:
    """The `wanted` units (all, if there are fewer) whose scores will be least certain once all running sessions have ended.

    A unit's uncertainty is the half-width that its 95 % Wilson interval is expected to have then: the widest intervals
    shrink first. Units with fewer than MINIMUM answers come before all others, and chance decides among equals, so that
    units are asked about equally often while nothing is known. Pending trials count as answers to come, so that sessions
    that start together spread over the units. The same counts and seed give the same units, in random order.

    Adaptive scores keep the coverage of each unit's interval, but not freedom from bias: a unit with a lucky beginning is
    asked less, so that the luck stays in its score. Scores, and with them their mean over units, come out too far from .5,
    by .005 to .01 in the studies that were simulated. Where that mean is the result, the fixed design is better; and where
    a session asks about every unit there is nothing to choose.

    Raises:
        InputError: `wanted` or `seed` is no whole number, `wanted` is below 1, or `seed` below 0.
    """
    require_whole("wanted", wanted, 1, 10**9)
    require_whole("seed", seed, 0, 2**64)
    units = sorted(counts)
    right = np.array([counts[unit].right for unit in units], dtype=float)
    answered = np.array([counts[unit].answered for unit in units], dtype=float)
    expected = answered + [counts[unit].pending for unit in units]
    uncertainties = wilson_half_width(expected_accuracies(right, answered=answered), answers=expected)
    rng = generator(seed)
    least_certain_first = np.lexsort((rng.permutation(len(units)), -uncertainties, expected >= MINIMUM))
    return [units[i] for i in rng.permutation(least_certain_first[:wanted])]


def expected_accuracies(right: NDArray[np.float64], *, answered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each unit's score, drawn toward that of all units; the more so, the fewer its answers and the more alike the units.

    The posterior mean of a beta-binomial model whose prior is fitted to the counts by moments (Kleinman 1973), so that a
    lucky beginning does not pass for certainty, and chance differences between like units are not pursued.
    """
    # Laplace's rule, so that it is .5 before the first answer and never 0 or 1.
    common = (right.sum() + 1) / (answered.sum() + 2)
    asked = answered > 0
    deviations = np.sum((right - answered * common)[asked] ** 2 / answered[asked]) / (common * (1 - common))
    correlation = (deviations - asked.sum()) / max(1.0, float((answered - asked).sum()))
    prior_answers = 1 / np.clip(correlation, *CORRELATIONS) - 1
    accuracies: NDArray[np.float64] = (right + prior_answers * common) / (answered + prior_answers)
    return accuracies
