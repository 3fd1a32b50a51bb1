"""The two policies that adaptive allocation was chosen over, in their plain form with Jeffreys' prior."""

from collections.abc import Mapping

import numpy as np

from experiments.contract.allocation import UnitCount
from experiments.contract.intervals import wilson_half_width


def thompson(counts: Mapping[str, UnitCount], *, wanted: int, seed: int) -> list[str]:
    """The units whose interval would be widest if their accuracy were one drawn from what is believed of it."""
    right, expected = _expected(counts)
    drawn = np.random.default_rng(seed).beta(right + 0.5, expected - right + 0.5)
    return _highest(counts, wilson_half_width(drawn, answers=expected), wanted=wanted)


def expected_reduction(counts: Mapping[str, UnitCount], *, wanted: int, seed: int) -> list[str]:
    """The units whose interval one more answer would narrow most, on average; chance decides among equals."""
    right, expected = _expected(counts)
    belief = (right + 0.5) / (expected + 1)
    after_right, after_wrong = (wilson_half_width((right + gained) / (expected + 1), answers=expected + 1) for gained in (1, 0))
    now = wilson_half_width(right / np.maximum(expected, 1), answers=expected)
    reductions = now - belief * after_right - (1 - belief) * after_wrong
    return _highest(counts, reductions + 1e-9 * np.random.default_rng(seed).random(len(counts)), wanted=wanted)


def _expected(counts: Mapping[str, UnitCount]) -> tuple[np.ndarray, np.ndarray]:
    """Right and all answers of each unit once the running sessions have ended."""
    right, answered, pending = np.array([(count.right, count.answered, count.pending) for count in counts.values()]).T
    return right + pending * (right + 0.5) / (answered + 1), answered + pending


def _highest(counts: Mapping[str, UnitCount], values: np.ndarray, *, wanted: int) -> list[str]:
    units = list(counts)
    return [units[i] for i in np.argsort(-values)[:wanted]]
