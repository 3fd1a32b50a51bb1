"""How many answers adaptive allocation saves: simulated studies of both designs, answered by simulated people.

Both designs hand out the same number of units a session. A *criterion* reduces the half-widths of the units' 95 % Wilson
intervals to one number; its *target* is what the fixed design has reached at its planned end, averaged over studies; and
what counts, for both designs alike, is the number of answers until the criterion is at its target for the first time.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit, logit

from experiments.contract.allocation import UnitCount, choose_units
from experiments.contract.intervals import Z, wilson_half_width
from experiments.contract.planning import generator

LONGEST = 2.0
"""A study that has not reached its target by twice the fixed design's planned end counts as reaching it there."""


class Policy(Protocol):
    """Which units a session asks about, as `contract.allocation.choose_units`."""

    def __call__(self, counts: Mapping[str, UnitCount], *, wanted: int, seed: int) -> list[str]:
        """Choose `wanted` of the units."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A condition of a study. The accuracies of its units are drawn from a beta distribution."""

    accuracy: float
    spread: float
    """Standard deviation of the accuracies over units."""
    units: int = 84
    wanted: int = 40
    """Units a session, as many as its main trials."""
    answers: int = 30
    """Per unit at the planned end of the fixed design."""
    parallel: int = 1
    """Sessions under way at the same time."""
    participant_sd: float = 0.0
    """Of the participants' abilities, in logits."""

    @property
    def sessions(self) -> int:
        """Of the fixed design."""
        return round(self.units * self.answers / self.wanted)


NATURAL = Scenario(accuracy=0.83, spread=0.10)
"""Zimmermann et al. 2023: the mean over the nine reported models; the spread that their intervals over units imply once
the noise of 30 answers is taken off. Units, trials and answers as published."""
SYNTHETIC = Scenario(accuracy=0.64, spread=0.12)
"""The same for the seven models with synthetic references."""

Criterion = Callable[[Float[np.ndarray, "session unit"]], Float[np.ndarray, " session"]]
CRITERIA: Mapping[str, Criterion] = {
    "widest": lambda half_widths: half_widths.max(axis=1),
    "95th percentile": lambda half_widths: np.quantile(half_widths, 0.95, axis=1),
    "mean": lambda half_widths: half_widths.mean(axis=1),
}


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What one criterion says; answers are means over studies."""

    target: float
    """Half-width."""
    fixed: float
    """Answers until the target."""
    adaptive: float

    @property
    def share(self) -> float:
        """The share of answers that the adaptive design does without; below 0 if it needs more."""
        return 1 - self.adaptive / self.fixed


@dataclass(frozen=True, kw_only=True)
class Validity:
    """How good the scores of a design are at a moment."""

    coverage: float
    """Share of units whose interval holds their true accuracy."""
    lowest_coverage: float
    """The same in that fifth of the units, by true accuracy, where it is lowest."""
    bias: float
    """Score minus true accuracy, mean over units."""
    error: float
    """Root mean square of score minus true accuracy, over units."""
    hardest_error: float
    """The same over the tenth of the units whose true accuracy is nearest .5."""
    fewest: float
    """Answers of the unit with fewest, mean over studies."""
    most: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The outcome over all studies of a scenario."""

    savings: Mapping[str, Saving]
    """By criterion."""
    fixed: Validity
    """At its planned end."""
    adaptive: Validity
    """After as many answers."""
    stopped: Validity
    """Of the adaptive design, when its widest interval reaches the target."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """One simulated study, session by session."""

    accuracies: Float[np.ndarray, " unit"]
    """Averaged over participants."""
    right: Int[np.ndarray, "session unit"]
    answered: Int[np.ndarray, "session unit"]

    @property
    def half_widths(self) -> Float[np.ndarray, "session unit"]:
        """Of the units' intervals after each session."""
        return wilson_half_width(self.scores, answers=self.answered)

    @property
    def scores(self) -> Float[np.ndarray, "session unit"]:
        """Share of right answers, .5 without an answer."""
        scores: Float[np.ndarray, "session unit"] = np.where(self.answered > 0, self.right / np.maximum(self.answered, 1), 0.5)
        return scores


def compare(scenario: Scenario, *, studies: int, seed: int, policy: Policy = choose_units) -> Comparison:
    """Simulate `studies` studies of each design, both on the same units."""
    fixed, adaptive = [], []
    for number in range(studies):
        accuracies = draw_accuracies(scenario, rng=generator(seed, number))
        fixed.append(simulate(scenario, accuracies=accuracies, policy=least_asked, rng=generator(seed, number, 1)))
        adaptive.append(simulate(scenario, accuracies=accuracies, policy=policy, rng=generator(seed, number, 2)))
    end = np.full(studies, scenario.sessions)
    savings = {}
    for name, criterion in CRITERIA.items():
        target = float(np.mean([criterion(study.half_widths)[scenario.sessions - 1] for study in fixed]))
        needed = [scenario.wanted * _sessions_until(criterion, target=target, studies=design) for design in (fixed, adaptive)]
        savings[name] = Saving(target=target, fixed=float(needed[0].mean()), adaptive=float(needed[1].mean()))
    reached = _sessions_until(CRITERIA["widest"], target=savings["widest"].target, studies=adaptive)
    return Comparison(
        savings=savings,
        fixed=_validity(fixed, sessions=end),
        adaptive=_validity(adaptive, sessions=end),
        stopped=_validity(adaptive, sessions=reached),
    )


def draw_accuracies(scenario: Scenario, *, rng: np.random.Generator) -> Float[np.ndarray, " unit"]:
    """The true accuracies of a study's units, for a participant of mean ability."""
    concentration = scenario.accuracy * (1 - scenario.accuracy) / scenario.spread**2 - 1
    return rng.beta(scenario.accuracy * concentration, (1 - scenario.accuracy) * concentration, size=scenario.units)


def simulate(scenario: Scenario, *, accuracies: Float[np.ndarray, " unit"], policy: Policy, rng: np.random.Generator) -> Study:
    """One study of LONGEST times the fixed design's length."""
    units = [f"unit{i:05d}" for i in range(scenario.units)]
    right, answered, pending = (np.zeros(scenario.units, dtype=int) for _ in range(3))
    running: deque[tuple[Bool[np.ndarray, " unit"], Bool[np.ndarray, " unit"]]] = deque()
    history: list[tuple[Int[np.ndarray, " unit"], Int[np.ndarray, " unit"]]] = []
    while len(history) < round(LONGEST * scenario.sessions):
        known = zip(units, right, answered, pending, strict=True)
        counts = {unit: UnitCount(right=int(r), answered=int(a), pending=int(p)) for unit, r, a, p in known}
        asked = np.isin(units, policy(counts, wanted=scenario.wanted, seed=int(rng.integers(2**32))))
        ability = scenario.participant_sd * rng.standard_normal()
        running.append((asked, asked & (rng.random(scenario.units) < expit(logit(accuracies) + ability))))
        pending += asked
        if len(running) == scenario.parallel:
            ended, correct = running.popleft()
            pending -= ended
            answered += ended
            right += correct
            history.append((right.copy(), answered.copy()))
    rights, answers = (np.stack(counted) for counted in zip(*history, strict=True))
    abilities, weights = np.polynomial.hermite_e.hermegauss(32)
    by_ability = expit(logit(accuracies)[:, None] + scenario.participant_sd * abilities)
    return Study(accuracies=np.average(by_ability, axis=1, weights=weights), right=rights, answered=answers)


def least_asked(counts: Mapping[str, UnitCount], *, wanted: int, seed: int) -> list[str]:
    """The fixed design: units in turn, whatever the answers."""
    turns = generator(seed).permutation(len(counts))
    asked = {unit: (count.answered + count.pending, turn) for (unit, count), turn in zip(counts.items(), turns, strict=True)}
    return sorted(asked, key=lambda unit: asked[unit])[:wanted]


def _sessions_until(criterion: Criterion, *, target: float, studies: Sequence[Study]) -> Int[np.ndarray, " study"]:
    """After how many sessions each study reaches the target for the first time."""
    reached = [np.append(criterion(study.half_widths) <= target, True) for study in studies]
    return np.array([min(int(met.argmax()) + 1, len(met) - 1) for met in reached])


def _validity(studies: Sequence[Study], *, sessions: Int[np.ndarray, " study"]) -> Validity:
    """The scores after so many sessions of each study."""
    at_end = [(study.scores[count - 1], study.answered[count - 1]) for study, count in zip(studies, sessions, strict=True)]
    scores, answers = (np.stack(kept) for kept in zip(*at_end, strict=True))
    truths = np.stack([study.accuracies for study in studies])
    errors = scores - truths
    hardest = np.argsort(np.abs(truths - 0.5), axis=1)[:, : max(1, truths.shape[1] // 10)]
    # Wilson's interval lies around the score drawn toward .5.
    centers = (scores * answers + Z**2 / 2) / (answers + Z**2)
    covered = np.abs(truths - centers) <= wilson_half_width(scores, answers=answers)
    fifths = np.array_split(covered.ravel()[np.argsort(truths, axis=None)], 5)
    return Validity(
        coverage=float(covered.mean()),
        lowest_coverage=float(min(fifth.mean() for fifth in fifths)),
        bias=float(errors.mean()),
        error=float(np.sqrt(np.mean(errors**2))),
        hardest_error=float(np.sqrt(np.mean(np.take_along_axis(errors, hardest, axis=1) ** 2))),
        fewest=float(answers.min(axis=1).mean()),
        most=float(answers.max(axis=1).mean()),
    )
