"""Observers of few words: one that knows, one that guesses, and two that should be caught by the checks of a session."""

from dataclasses import dataclass

import numpy as np

from experiments.contract.designs import RATING_RANGE
from experiments.methods.observers.seen import (
    SURE,
    UNSURE,
    Decision,
    Observer,
    Rating,
    SeenTrial,
    drawn_decision,
    response_time,
)
from experiments.methods.observers.truth import Truth

HASTE = (30.0, 120.0)
"""ms after the buttons open within which the hasty press; no person has seen the images by then."""


class Guessing(Observer):
    """Looks at nothing."""

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """One of the choices."""
        return drawn_decision(str(rng.choice(sorted(trial.choices))), UNSURE, rng)

    def rate(self, trial: SeenTrial, *, rng: np.random.Generator) -> Rating:
        """Anywhere on the slider."""
        lowest, highest = RATING_RANGE
        return Rating(rating=int(rng.integers(lowest, highest, endpoint=True)), rt=response_time(rng))


@dataclass(frozen=True, kw_only=True)
class Lapsing(Observer):
    """Knows the truth, but guesses in a share of the trials, catch trials too."""

    truth: Truth
    lapse: float

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The true answer, or a guess."""
        if rng.random() < self.lapse:
            return Guessing().decide(trial, rng=rng)
        return drawn_decision(self.truth.best_query(trial.hashes), SURE, rng)


@dataclass(frozen=True, kw_only=True)
class OneSided(Observer):
    """Does practice well, for nobody gets past it otherwise; then always chooses the same side, surely."""

    truth: Truth

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The true answer in practice, the first choice afterwards."""
        choice = self.truth.best_query(trial.hashes) if trial.phase == "practice" else trial.choices[0]
        return drawn_decision(choice, SURE, rng)


@dataclass(frozen=True, kw_only=True)
class Hasty(Observer):
    """Does practice well; then guesses as soon as the buttons open."""

    truth: Truth

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The true answer in practice, a guess afterwards."""
        if trial.phase == "practice":
            return drawn_decision(self.truth.best_query(trial.hashes), SURE, rng)
        guess = Guessing().decide(trial, rng=rng)
        return Decision(choice=guess.choice, confidence=guess.confidence, rt=round(float(rng.uniform(*HASTE)), 1))
