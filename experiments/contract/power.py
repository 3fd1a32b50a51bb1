"""Statistical power of a study before it is run, by simulation from an assumed effect. Called by the study builder.

The model. Conditions are between participants; all ask about the same units. The log odds that a participant answers a
trial about a unit right are

    intercept of the condition + ability of the participant + ease of the unit.

Abilities are drawn anew for each simulated study, from a normal distribution with standard deviation `participant_sd`. The
units are a fixed set, about which the tests speak: their ease takes the quantiles of a normal distribution with standard
deviation `unit_sd`, the same in all conditions. The intercepts are such that accuracies averaged over participants and
units are those assumed. Trials go through the units in turn, so that all are asked about equally often (± 1).

The tests. Each participant is one value, the proportion of right answers, so that answers of one person never count as
independent. Two conditions are compared by Welch's t test, one condition with chance by a t test against .5; both are
two-sided at 5 %, without correction for how many there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from experiments.contract.fields import require, require_number, require_whole
from experiments.contract.intervals import t_threshold, wilson_half_width
from experiments.contract.planning import generator

CHANCE = 0.5
MOST_ANSWERS = 3 * 10**7
"""One call simulates at most so many."""
ANSWERS_AT_ONCE = 2 * 10**5
"""So many fit into the caches."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ComparisonPower:
    """How likely a difference between two conditions will be found."""

    first: str
    second: str
    power: float


@dataclass(frozen=True, kw_only=True)
class ConditionPower:
    """What to expect of one condition."""

    condition: str
    power: float
    """How likely a difference from chance will be found."""
    half_width: float
    """Of the 95 % t interval of the condition's mean over participants, on average."""
    unit_half_width: float
    """Of a single unit's 95 % Wilson interval, on average over units; .5 for a unit that nobody is asked about."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """The outcome of `simulations` simulated studies: a power p is known to ± 2 sqrt(p (1 - p) / simulations)."""

    comparisons: tuple[ComparisonPower, ...]
    """Every pair of conditions, in the order in which they were given."""
    conditions: tuple[ConditionPower, ...]
    simulations: int


def simulate_power(
    *,
    accuracies: Mapping[str, float],
    participants_per_condition: int,
    trials: int,
    units: int,
    participant_sd: float,
    unit_sd: float,
    seed: int,
    simulations: int = 1000,
) -> Power:
    """The power of each comparison and of each condition against chance, and how wide intervals will be.

    `accuracies` are the assumed shares of right answers by condition; `trials` are those of one participant; the standard
    deviations are in logits. The same arguments give the same figures.

    Raises:
        InputError: A number is out of range, or there are more answers to simulate than MOST_ANSWERS.
    """
    _require_sizes(accuracies, participants_per_condition, trials, units, simulations)
    require_number("participant_sd", participant_sd, 0, 5)
    require_number("unit_sd", unit_sd, 0, 5)
    require_whole("seed", seed, 0, 2**64)
    rng = generator(seed)
    outcomes = {
        condition: _simulate(
            _Population(accuracy=accuracy, participant_sd=participant_sd, ease=_ease(units, unit_sd)),
            participants=participants_per_condition,
            trials=trials,
            simulations=simulations,
            rng=rng,
        )
        for condition, accuracy in accuracies.items()
    }
    return Power(
        comparisons=tuple(
            ComparisonPower(first=first, second=second, power=_found(outcomes[first], outcomes[second]))
            for first, second in combinations(outcomes, 2)
        ),
        conditions=tuple(_of_condition(condition, outcome) for condition, outcome in outcomes.items()),
        simulations=simulations,
    )


@dataclass(frozen=True, kw_only=True)
class _Population:
    """Who answers, and about what."""

    accuracy: float
    participant_sd: float
    ease: Floats
    """Of each unit, in logits."""

    @property
    def intercept(self) -> float:
        """Log odds that give the accuracy as the mean over abilities and units; found by bisection."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(64)
        others = self.participant_sd * nodes + self.ease[:, None]
        low, high = -60.0, 60.0
        for _ in range(40):
            middle = (low + high) / 2
            mean = np.average(_expit(middle + others).mean(axis=0), weights=weights)
            low, high = (middle, high) if mean < self.accuracy else (low, middle)
        return low


@dataclass(frozen=True, kw_only=True)
class _Outcomes:
    """One condition in all simulated studies; every array has one value a study."""

    means: Floats
    """Of the participants' proportions."""
    variances: Floats
    """Squared standard errors of these means."""
    unit_half_widths: Floats
    degrees_of_freedom: int


def _simulate(
    population: _Population, *, participants: int, trials: int, simulations: int, rng: np.random.Generator
) -> _Outcomes:
    answers, units, intercept = participants * trials, len(population.ease), population.intercept
    turns = np.arange(answers) % units
    asked = np.bincount(turns, minlength=units)
    at_once = max(1, ANSWERS_AT_ONCE // max(answers, units))
    counts, half_widths = [], []
    for start in range(0, simulations, at_once):
        count = min(at_once, simulations - start)
        ease = rng.permuted(np.broadcast_to(population.ease, (count, units)), axis=1)
        abilities = population.participant_sd * rng.standard_normal((count, participants, 1))
        log_odds = intercept + abilities + ease[:, turns].reshape(count, participants, trials)
        right = rng.random(log_odds.shape) < _expit(log_odds)
        counts.append(right.sum(axis=2))
        places = turns + units * np.arange(count)[:, None]
        of_units = np.bincount(places.ravel(), weights=right.ravel(), minlength=count * units).reshape(count, units)
        half_widths.append(wilson_half_width(of_units / np.maximum(asked, 1), answers=asked).mean(axis=1))
    of_participants = np.concatenate(counts)
    means = of_participants.mean(axis=1) / trials
    # Where all participants are alike, say all perfect, the binomial variance of Laplace's estimate stands in for 0.
    estimates = (means * answers + 1) / (answers + 2)
    spread = of_participants.var(axis=1, ddof=1)
    variances = np.where(spread > 0, spread / trials**2 / participants, estimates * (1 - estimates) / answers)
    return _Outcomes(
        means=means,
        variances=variances,
        unit_half_widths=np.concatenate(half_widths),
        degrees_of_freedom=participants - 1,
    )


def _require_sizes(accuracies: Mapping[str, float], participants: int, trials: int, units: int, simulations: int) -> None:
    require(bool(accuracies), "accuracies", "no condition is given", "Give an accuracy for each condition")
    for accuracy in accuracies.values():
        require_number("accuracies", accuracy, 0.001, 0.999)
    require_whole("participants_per_condition", participants, 2, 2000)
    require_whole("trials", trials, 1, 500)
    require_whole("units", units, 1, 2000)
    require_whole("simulations", simulations, 1, 100_000)
    answers = len(accuracies) * participants * trials * simulations
    remedy = f"Give fewer simulations, so that there are at most {MOST_ANSWERS} answers"
    require(answers <= MOST_ANSWERS, "simulations", f"{answers} answers are too many to simulate", remedy)


def _found(one: _Outcomes, other: _Outcomes) -> float:
    """The share of studies in which Welch's test tells two conditions apart."""
    variances = one.variances + other.variances
    degrees = variances**2 / (one.variances**2 / one.degrees_of_freedom + other.variances**2 / other.degrees_of_freedom)
    return float(np.mean(np.abs(one.means - other.means) > t_threshold(degrees) * np.sqrt(variances)))


def _of_condition(condition: str, outcomes: _Outcomes) -> ConditionPower:
    margins = t_threshold(outcomes.degrees_of_freedom) * np.sqrt(outcomes.variances)
    return ConditionPower(
        condition=condition,
        power=float(np.mean(np.abs(outcomes.means - CHANCE) > margins)),
        half_width=float(margins.mean()),
        unit_half_width=float(outcomes.unit_half_widths.mean()),
    )


def _ease(units: int, unit_sd: float) -> Floats:
    """Quantiles of the normal distribution, one a unit."""
    return unit_sd * np.array([NormalDist().inv_cdf((i + 0.5) / units) for i in range(units)])


def _expit(log_odds: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-log_odds))
    return shares
