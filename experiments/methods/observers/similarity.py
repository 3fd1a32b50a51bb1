"""The machine observer of the machine interpretability score (MIS, Zimmermann, Klindt & Brendel 2024): it looks at images only.

The rule was written down from memory, without the authors' code; so alpha and the perceptual measure are settings, and
nothing made here is the published score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from experiments.contract.designs import CONFIDENCES
from experiments.contract.fields import require_range
from experiments.methods.observers.seen import QUERY, Decision, Observer, SeenImage, SeenTrial, response_time

POSITIVE, NEGATIVE = ("right_", "reference_"), "left_"


class Distances(Protocol):
    """A perceptual measure."""

    def distances(self, some: Sequence[SeenImage], others: Sequence[SeenImage]) -> Float[np.ndarray, "some others"]:
        """The distance of each of `some` to each of `others`; the similarity is its negative."""


@dataclass(frozen=True, kw_only=True)
class SimilaritySettings:
    """The one number of the rule, and the files of a measure other than that on EfficientNet-Lite0."""

    alpha: float = 2.0
    """Slope of the probability; moves probabilities and confidences, never a choice. Set by us, so that with the distances on
    EfficientNet-Lite0 all three confidences occur; the authors chose theirs on answers of people, and it is unknown here."""
    weights: str = ""
    """safetensors file with LPIPS's channel weights."""
    backbone: str = ""
    """safetensors file with the torchvision network that they belong to."""

    def __post_init__(self) -> None:
        require_range(self, "alpha", 0, 1e6)


@dataclass(frozen=True, kw_only=True)
class Similarity(Observer):
    """Chooses the query that is more similar to the maximal and less similar to the minimal references."""

    measure: Distances
    alpha: float

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The likelier choice; its confidence tells the probability in thirds. A tie is a guess."""
        probability = self.probability(trial)
        chosen = int(rng.integers(2)) if probability == 0.5 else int(probability < 0.5)
        confidence = confidence_of(max(probability, 1 - probability))
        return Decision(choice=trial.choices[chosen], confidence=confidence, rt=response_time(rng))

    def probability(self, trial: SeenTrial) -> float:
        """Of the first choice: sigmoid(alpha (d(first) - d(second))), d(q) = mean sim(q, maximal) - mean sim(q, minimal).

        Where there are no minimal references their term is left out. Where there are none at all, an occluded copy is
        compared with the whole image; two queries by themselves leave nothing to compare: one half.
        """
        queries = [trial.images[QUERY + choice] for choice in trial.pair]
        maximal = _at(trial, POSITIVE) or _at(trial, "base")
        margins = np.zeros(2)
        for references, sign in ((maximal, -1), (_at(trial, NEGATIVE), 1)):
            if references:
                margins += sign * self.measure.distances(queries, references).mean(axis=1)
        return float(1 / (1 + np.exp(np.clip(-self.alpha * (margins[0] - margins[1]), -700, 700))))


def confidence_of(probability: float) -> int:
    """1, 2 or 3 for a probability of the choice in the first, second or last third of [1/2, 1]."""
    return CONFIDENCES[min(int((probability - 0.5) * 6), 2)]


def probability_of(confidence: int) -> float:
    """The middle of the third that a confidence stands for; within 1/12 of the probability it was made of."""
    return 0.5 + (2 * confidence - 1) / 12


def _at(trial: SeenTrial, places: str | tuple[str, ...]) -> list[SeenImage]:
    return [image for place, image in trial.images.items() if place.startswith(places)]
