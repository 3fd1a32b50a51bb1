"""Simulated observers: from the images of a trial to a choice, a confidence and a response time. Called by bots.

An observer sees what a browser gets: places on the screen and the sha256 of the images there. What it knows beyond that
stands in a truth file, which the operator exports and the participant interface never sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from experiments.contract.designs import CONFIDENCES
from experiments.contract.errors import InputError

QUERY = "query_"
LAPSE = 0.2
"""A lapse is a guess, so that a lapsing observer is right in 90 % of its trials."""
# How often 1, 2, 3 is pressed by who knows and by who guesses; response times in ms. None of this is fitted to people.
SURE, UNSURE = (0.1, 0.3, 0.6), (0.6, 0.3, 0.1)
RT_MEDIAN, RT_SIGMA = 3000.0, 0.4


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer to a trial."""

    choice: str
    confidence: int
    rt: float
    """ms."""


class Observer(Protocol):
    """Answers trials."""

    def decide(self, images: Mapping[str, str], *, rng: np.random.Generator) -> Decision:
        """The answer to a trial, given the sha256 of the image at each place."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """How strongly each served image of a study activates each unit."""

    units: Mapping[str, Mapping[str, float]]
    """Unit address to sha256 to activation."""

    def best_query(self, images: Mapping[str, str]) -> str:
        """The choice whose image activates the trial's unit more.

        Nobody says which unit that is: it is the one that knows most of the images. An image that it does not know was
        taken from another unit, so it loses.

        Raises:
            InputError: No query of the trial is known.
        """
        unit = max(self.units, key=lambda unit: sum(sha256 in self.units[unit] for sha256 in images.values()))
        activations = {place: self.units[unit].get(images[place], -np.inf) for place in images if place.startswith(QUERY)}
        best = max(activations, key=lambda place: activations[place])
        if activations[best] == -np.inf:
            raise InputError(
                field="truth", message="it knows no image of a trial", remedy="Export it again; the study has changed"
            )
        return best.removeprefix(QUERY)


@dataclass(frozen=True, kw_only=True)
class Lapsing:
    """Knows the truth, but guesses in a share of the trials, catch trials too."""

    truth: Truth
    lapse: float

    def decide(self, images: Mapping[str, str], *, rng: np.random.Generator) -> Decision:
        """The true answer, or a guess."""
        if rng.random() < self.lapse:
            return Guessing().decide(images, rng=rng)
        return _decision(self.truth.best_query(images), SURE, rng)


class Guessing:
    """Looks at nothing."""

    def decide(self, images: Mapping[str, str], *, rng: np.random.Generator) -> Decision:
        """One of the queries."""
        choices = sorted(place.removeprefix(QUERY) for place in images if place.startswith(QUERY))
        return _decision(str(rng.choice(choices)), UNSURE, rng)


OBSERVERS = ("ideal", "lapsing", "random")


def make_observer(name: str, *, truth: Path, study: str) -> Observer:
    """The observer called `name`; all but `random` read the truth file of the study.

    Raises:
        InputError: There is no such observer, or it needs a truth file and there is no fitting one.
    """
    if name not in OBSERVERS:
        raise InputError(field="observer", message=f"{name!r} is unknown", remedy=f"Choose one of {', '.join(OBSERVERS)}")
    if name == "random":
        return Guessing()
    return Lapsing(truth=read_truth(truth, study=study), lapse=LAPSE if name == "lapsing" else 0.0)


def read_truth(path: Path, *, study: str) -> Truth:
    """The truth file of a study, as `manage.py export_truth` writes it.

    Raises:
        InputError: It is missing, unreadable, or another study's.
    """
    remedy = f"Run `python manage.py export_truth --study {study}`, or name its file with --truth"
    try:
        body = json.loads(path.read_text())
        truth = Truth(units={str(unit): dict(known) for unit, known in body["units"].items()})
        of_study = body["study"]
    except OSError as error:
        raise InputError(field="truth", message=f"{path} cannot be read ({error.strerror})", remedy=remedy) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(field="truth", message=f"{path} is not a truth file", remedy=remedy) from error
    if of_study != study or not truth.units:
        raise InputError(field="truth", message=f"{path} is not of study {study}", remedy=remedy)
    return truth


def _decision(choice: str, confidences: tuple[float, ...], rng: np.random.Generator) -> Decision:
    confidence = int(rng.choice(CONFIDENCES, p=confidences))
    return Decision(choice=choice, confidence=confidence, rt=round(float(RT_MEDIAN * rng.lognormal(sigma=RT_SIGMA)), 1))
