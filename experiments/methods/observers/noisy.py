"""A psychometric observer: it knows how strongly both images activate the unit, and sees the difference through noise.

Simulated. Its parameters were set by us, so that studies of it show an effect of the references; they are not evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from experiments.contract.fields import require_range
from experiments.methods.observers.seen import Decision, Observer, SeenTrial, response_time
from experiments.methods.observers.simple import Guessing
from experiments.methods.observers.truth import Truth

FIRM, FIRMER = 0.5, 1.5
"""Evidence in units of the noise from which the confidence is 2 and 3."""
NOT_REFERENCES = ("query_", "base")


@dataclass(frozen=True, kw_only=True)
class NoisySettings:
    """Simulated: set by us, not fitted to people. Noise in standard deviations of the unit's activations over the study."""

    lapse: float = 0.04
    """Share of the trials in which it guesses."""
    noise_natural: float = 1.0
    """With natural references, whole or blurred."""
    noise_synthetic: float = 2.0
    """With synthetic references."""
    noise_none: float = 8.0
    """Without references."""

    def __post_init__(self) -> None:
        require_range(self, "lapse", 0, 1)
        for name in ("noise_natural", "noise_synthetic", "noise_none"):
            require_range(self, name, 0, 1e6)


@dataclass(frozen=True, kw_only=True)
class Noisy(Observer):
    """Right with probability lapse / 2 + (1 - lapse) Φ(d / noise), d being the standardized difference of the queries."""

    truth: Truth
    settings: NoisySettings = field(default_factory=NoisySettings)

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The choice that looks better through the noise, or a guess; the confidence follows how much better it looks."""
        guess = Guessing().decide(trial, rng=rng)
        if rng.random() < self.settings.lapse:
            return guess
        noise = self.noise(trial.hashes)
        evidence = self.difference(trial) + noise * float(rng.standard_normal())
        if evidence == 0:
            return guess
        choice = trial.pair[0] if evidence > 0 else trial.pair[1]
        confidence = 1 + (abs(evidence) >= FIRM * noise) + (abs(evidence) >= FIRMER * noise)
        return Decision(choice=choice, confidence=confidence, rt=response_time(rng))

    def difference(self, trial: SeenTrial) -> float:
        """Activation of the first choice minus that of the second, in standard deviations of the unit's activations."""
        pair = trial.pair
        activations = self.truth.activations(trial.hashes)
        first, second = (activations[choice] for choice in pair)
        spread = self.truth.spread(self.truth.unit(trial.hashes))
        return (first - second) / spread if spread > 0 else float(np.sign(first - second))

    def noise(self, images: Mapping[str, str]) -> float:
        """The noise of a trial: the mean over what its references are."""
        references = [sha256 for place, sha256 in images.items() if not place.startswith(NOT_REFERENCES)]
        if not references:
            return self.settings.noise_none
        of_each = [
            self.settings.noise_synthetic if self.truth.is_synthetic(sha256) else self.settings.noise_natural
            for sha256 in references
        ]
        return float(np.mean(of_each))
