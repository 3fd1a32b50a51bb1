"""An observer that never looks at a pixel: it learns from feedback which traces in the traffic go with the right side.

Made to fail: while nothing leaks it is at chance. Each trial is answered by what was learned from earlier ones, so its
accuracy is prequential (tested before trained).
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.methods.observers.seen import Decision, Observer, SeenTrial, response_time
from experiments.methods.observers.similarity import confidence_of
from experiments.methods.observers.simple import Guessing
from experiments.methods.observers.traffic import Numbers, trial_traffic

FIRST_FIT = 20
GROWTH = 1.05
"""It learns anew whenever it has so many times the trials of last time."""
PENALTY = 0.02
"""scikit-learn's C: with some hundred traces that mean nothing a weak prior would drown the one that does."""


@dataclass(frozen=True, kw_only=True)
class AdversarySettings:
    """What it may use besides the traffic."""

    counts: bool = False
    """Count the sides that were right so far in its session."""


@dataclass(kw_only=True)
class Adversary(Observer):
    """Logistic regression of the right side on the traces, fitted again and again to all earlier trials."""

    settings: AdversarySettings = field(default_factory=AdversarySettings)
    traces: list[Numbers] = field(default_factory=list)
    first_was_right: list[bool] = field(default_factory=list)
    right: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How often each choice was right, by participant, phase and choice."""
    model: Pipeline | None = None
    fitted: int = 0
    """Trials to which `model` was fitted."""

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The likelier side; a guess before anything was learned."""
        if self.model is None:
            return Guessing().decide(trial, rng=rng)
        probability = float(self.model.predict_proba([self._traces(trial)])[0, 1])
        confidence = confidence_of(max(probability, 1 - probability))
        return Decision(choice=trial.choices[probability < 0.5], confidence=confidence, rt=response_time(rng))

    def learn(self, trial: SeenTrial, decision: Decision, *, correct: bool) -> None:
        """Remember the trial and, if there are enough new ones, learn anew."""
        first, second = trial.pair
        right = decision.choice if correct else (second if decision.choice == first else first)
        self.traces.append(self._traces(trial))
        self.first_was_right.append(right == first)
        self.right[trial.participant, trial.phase, right] += 1
        count = len(self.traces)
        if count >= max(FIRST_FIT, GROWTH * self.fitted) and len(set(self.first_was_right)) == 2:
            self.model, self.fitted = _fitted(self.traces, self.first_was_right), count

    def strongest(self, count: int) -> list[tuple[str, float]]:
        """The traces with the largest weights (in standard deviations of the trace), for whoever looks for a leak."""
        if self.model is None:
            return []
        names, weights = self.model[0].get_feature_names_out(), self.model[-1].coef_[0]
        order = np.argsort(-np.abs(weights))[:count]
        return [(str(names[i]), float(weights[i])) for i in order]

    def _traces(self, trial: SeenTrial) -> Numbers:
        return {**trial_traffic(trial), **(self._count(trial) if self.settings.counts else {})}

    def _count(self, trial: SeenTrial) -> Numbers:
        """By how much the second side is in arrears, per trial to come: in a balanced session the first side's disadvantage."""
        first, second = (self.right[trial.participant, trial.phase, choice] for choice in trial.pair)
        return {"arrears": (second - first) / max(1, trial.count - trial.number)}


def _fitted(traces: list[Numbers], first_was_right: list[bool]) -> Pipeline:
    """The regression without an intercept: in sessions with balanced sides it would only say what is over by now."""
    regression = LogisticRegression(C=PENALTY, fit_intercept=False, max_iter=1000)
    model = make_pipeline(DictVectorizer(sparse=False), StandardScaler(), regression)
    return model.fit(traces, first_was_right)
