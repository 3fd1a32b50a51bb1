"""Parameter recovery: simulated studies with known accuracies, and how often each published interval covers them.

An answer is right with probability expit(condition + participant + unit), participants and units normal. What an interval
speaks of matters more than its formula, so each is held against three truths:

- `these units`: the mean over all participants there could be, for the units of the study;
- `these participants`: the mean over all units there could be, for the participants of the study;
- `all`: the mean over both, the accuracy that the population was given.

Errors over participants speak of `these units`, a bootstrap over units of `these participants`. Measured over 1,000 studies
(accuracies .68 and .60 of 50 participants and 18 units; .83 of 63 participants and 84 units), held in %:

    interval                        size     these units   these participants   all
    ± 2 SEM over participants       causal          94.3                 65.9   64.1
    BCa over units                  scale           98.6                 95.5   90.3
    GEE, odds ratio                 causal          94.4                 98.3   94.1
    Wilson over trials              causal          89.0                 54.3   53.4

So errors over 18 units say little about other units, and Wilson's interval, which takes trials as independent, is too narrow.
With 5 participants a condition (an expert cohort) ± 2 SEM held these units in 86.0 % and the GEE in 88.6 % of 500 studies.
Called by the tests, and by whoever wants to know how far a planned study can be trusted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS, over_units
from experiments.methods.statistics.clustered_logit import MODELS, odds_ratios
from experiments.methods.statistics.intervals import wilson_interval

THESE_UNITS, THESE_PARTICIPANTS, ALL = "these units", "these participants", "all"
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
FARTHEST = 20.0
"""No condition lies farther than that from 0 on the logit scale."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """Accuracy of each condition over all participants and units, and how far these differ on the logit scale (SD)."""

    accuracies: Mapping[str, float]
    participant_sd: float = 0.5
    unit_sd: float = 0.8

    def logits(self) -> NDArray[np.float64]:
        """[condition], the logits at which the conditions' mean accuracies are as given."""
        spread = float(np.hypot(self.participant_sd, self.unit_sd))
        return np.array([brentq(lambda x, a=a: _mean(x, spread) - a, -FARTHEST, FARTHEST) for a in self.accuracies.values()])


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a study: participants of each condition, units, and how many of them each participant is asked about."""

    participants: int
    units: int
    trials: int


CAUSAL = Size(participants=50, units=18, trials=18)
"""As in Zimmermann et al. 2021."""
SCALE = Size(participants=63, units=84, trials=40)
"""As for one network in Zimmermann et al. 2023: 30 answers a unit."""


@dataclass(frozen=True, kw_only=True)
class SimulatedStudy:
    """Answers with the columns of a table of responses, and the true accuracies by target and condition."""

    answers: pd.DataFrame
    truth: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How often an interval held the target; an interval that is not there does not."""

    interval: str
    target: str
    studies: int
    share: float


def simulate(population: Population, size: Size, *, seed: int) -> SimulatedStudy:
    """One study: new units, and new participants for each condition; every unit is asked about equally often (± 1)."""
    rng = np.random.default_rng(seed)
    of_unit = rng.normal(0, population.unit_sd, size.units)
    shape = (size.participants, size.trials)
    order = rng.permutation(size.units)
    asked = order[np.arange(size.participants * size.trials).reshape(shape) % size.units]
    tables, truth = [], {THESE_UNITS: {}, THESE_PARTICIPANTS: {}, ALL: dict(population.accuracies)}
    for condition, center in zip(population.accuracies, population.logits(), strict=True):
        ability = rng.normal(0, population.participant_sd, size.participants)
        correct = rng.random(shape) < expit(center + ability[:, None] + of_unit[asked])
        sessions = np.repeat([f"{condition} {i}" for i in range(size.participants)], size.trials)
        columns = {
            "session_id": sessions,
            "condition": condition,
            "unit": asked.ravel(),
            "correct": correct.ravel().astype(float),
        }
        tables.append(pd.DataFrame(columns))
        truth[THESE_UNITS][condition] = float(np.mean([_mean(center + u, population.participant_sd) for u in of_unit]))
        truth[THESE_PARTICIPANTS][condition] = float(np.mean([_mean(center + a, population.unit_sd) for a in ability]))
    return SimulatedStudy(answers=pd.concat(tables, ignore_index=True), truth=truth)


def coverage(population: Population, size: Size, *, studies: int, seed: int) -> list[Coverage]:
    """The coverage of the first condition's accuracy and of its odds ratio to the second, if there is one, for each target."""
    held: dict[tuple[str, str], int] = {}
    for number in range(studies):
        study = simulate(population, size, seed=seed + number)
        for interval, (low, high) in (_accuracy_intervals(study) | _odds_intervals(study)).items():
            for target in (THESE_UNITS, THESE_PARTICIPANTS, ALL):
                value = _true_value(study.truth[target], is_ratio=interval in MODELS)
                inside = low is not None and high is not None and low <= value <= high
                held[interval, target] = held.get((interval, target), 0) + inside
    return [
        Coverage(interval=interval, target=target, studies=studies, share=count / studies)
        for (interval, target), count in held.items()
    ]


Ends = tuple[float | None, float | None]


def _accuracy_intervals(study: SimulatedStudy) -> dict[str, Ends]:
    first = study.answers[study.answers["condition"] == next(iter(study.truth[ALL]))]
    wilson = wilson_interval(int(first["correct"].sum()), trials=len(first))
    found = {estimator.interval: estimator.estimate(first, "correct") for estimator in (OVER_PARTICIPANTS, over_units(seed=0))}
    return {**{name: (made.low, made.high) for name, made in found.items()}, "Wilson over trials": (wilson.low, wilson.high)}


def _odds_intervals(study: SimulatedStudy) -> dict[str, Ends]:
    conditions: Sequence[str] = list(study.truth[ALL])[::-1]
    order = pd.CategoricalDtype(conditions, ordered=True)
    answers = study.answers.assign(condition=study.answers["condition"].astype(order))
    made = {model: odds_ratios(answers, factors=["condition"], model=model) for model in MODELS}
    return {model: (ratios[-1].low, ratios[-1].high) for model, ratios in made.items() if ratios}


def _true_value(truth: Mapping[str, float], *, is_ratio: bool) -> float:
    first, *others = truth.values()
    return float(np.exp(logit(first) - logit(others[0]))) if is_ratio else first


def _mean(center: float, spread: float) -> float:
    """The mean of expit over a normal distribution, by Gauss and Hermite's quadrature."""
    return float(WEIGHTS @ expit(center + spread * NODES))
