"""What an observer gets of a trial and what it gives back; the contract between observers and bots."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from experiments.contract.designs import CHOICES, CONFIDENCES
from experiments.contract.errors import InputError

QUERY = "query_"
LABELLED = "image"
"""Place of an image that is labelled."""
Phase = Literal["practice", "main"]
# How often 1, 2, 3 is pressed by who knows and by who guesses; response times in ms. None of this is fitted to people.
SURE, UNSURE = (0.1, 0.3, 0.6), (0.6, 0.3, 0.1)
RT_MEDIAN, RT_SIGMA = 3000.0, 0.4


@dataclass(frozen=True, kw_only=True)
class SeenImage:
    """An image of a trial as it came over the network."""

    sha256: str
    content: bytes
    """The file as served."""
    url: str
    headers: Mapping[str, str]
    """Of the response."""
    seconds: float
    """From the request to the last byte."""


@dataclass(frozen=True, kw_only=True)
class SeenTrial:
    """A trial as a browser sees it: of the truth there is nothing in it, or it leaks."""

    participant: str
    """Under which name the observer takes part; each has one session."""
    phase: Phase
    number: int
    """Position in the phase, from 0."""
    count: int
    """Trials of the phase."""
    plan: Mapping[str, Any]
    """The JSON of the trial, as the server sent it."""
    images: Mapping[str, SeenImage]
    """By place, in the order of the plan."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers, in the order in which they stand on the screen."""
        if not self.asks_confidence:
            return CHOICES["domain_choice"]
        return tuple(choice for pair in CHOICES.values() for choice in pair if QUERY + choice in self.images)

    @property
    def pair(self) -> tuple[str, str]:
        """The two images to choose between.

        Raises:
            InputError: The trial asks for a label.
        """
        if not self.asks_confidence:
            remedy = "Choose one of ideal, lapsing, random, left, fast"
            raise InputError(field="observer", message="it compares two images, and this study asks for labels", remedy=remedy)
        first, second = self.choices
        return first, second

    @property
    def asks_confidence(self) -> bool:
        """Whether a confidence belongs to the answer; to a label none does."""
        return LABELLED not in self.images

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of each image, by place."""
        return {place: image.sha256 for place, image in self.images.items()}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer to a trial."""

    choice: str
    confidence: int
    """Not sent where the trial asks for none."""
    rt: float
    """ms from when the buttons open; a browser bot does not wait for it."""


@dataclass(frozen=True, kw_only=True)
class Rating:
    """An answer to a trial with a slider."""

    rating: int
    """-100 to 100."""
    rt: float
    """ms, as in `Decision`."""


class Observer(ABC):
    """Answers trials. It may be asked by many participants, one after the other."""

    @abstractmethod
    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        """The answer to a trial."""

    def rate(self, trial: SeenTrial, *, rng: np.random.Generator) -> Rating:
        """The answer to a trial with a slider: its middle, unless an observer knows better."""
        return Rating(rating=0, rt=response_time(rng))

    def learn(self, trial: SeenTrial, decision: Decision, *, correct: bool) -> None:  # noqa: B027 -- most forget
        """Called where the server says whether the answer was right."""


def drawn_decision(choice: str, confidences: tuple[float, ...], rng: np.random.Generator) -> Decision:
    """A decision for `choice` with a confidence drawn by these probabilities."""
    confidence = int(rng.choice(CONFIDENCES, p=confidences))
    return Decision(choice=choice, confidence=confidence, rt=response_time(rng))


def response_time(rng: np.random.Generator) -> float:
    """A log-normal response time in ms."""
    return round(float(RT_MEDIAN * rng.lognormal(sigma=RT_SIGMA)), 1)
