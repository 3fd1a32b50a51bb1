"""The truth file of a study, which its operator exports and the participant interface never sends; some observers know it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.methods.observers.seen import LABELLED, QUERY

SYNTHETIC = ("synthetic", "mixed")
"""Parts that hold visualizations; the natural ones beside them in mixed trials are of the natural part."""
UNKNOWN = -np.inf
"""Activation of an image that the unit's truth does not hold: it was taken from another unit, so it loses."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """How strongly each served image of a study activates each unit."""

    units: Mapping[str, Mapping[str, float]]
    """Unit address to sha256 to activation."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """sha256 to the part of the stimuli that it belongs to, such as natural or synthetic."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """sha256 to the label by the image's making, where a study asks for labels."""

    def unit(self, images: Mapping[str, str]) -> str:
        """The unit of a trial. Nobody says which it is: it is the one that knows most of the images (place to sha256)."""
        return max(self.units, key=lambda unit: sum(sha256 in self.units[unit] for sha256 in images.values()))

    def activations(self, images: Mapping[str, str]) -> dict[str, float]:
        """The activation that each choice stands for.

        Raises:
            InputError: No query of the trial is known.
        """
        known = self.units[self.unit(images)]
        queries = {place.removeprefix(QUERY): sha256 for place, sha256 in images.items() if place.startswith(QUERY)}
        if not any(sha256 in known for sha256 in queries.values()):
            remedy = "Export it again; the study has changed"
            raise InputError(field="truth", message="it knows no image of a trial", remedy=remedy)
        return {choice: known.get(sha256, UNKNOWN) for choice, sha256 in queries.items()}

    def best_query(self, images: Mapping[str, str]) -> str:
        """The choice whose image activates the trial's unit more, or the label of the image; raises as `activations`."""
        if LABELLED in images:
            known = images[LABELLED] in self.labels
            require(known, "truth", "it knows no label of an image", "Export it again; the study has changed")
            return self.labels[images[LABELLED]]
        activations = self.activations(images)
        return max(activations, key=lambda choice: activations[choice])

    def is_synthetic(self, sha256: str) -> bool:
        """Whether an image is a visualization, as far as the file tells."""
        return self.parts.get(sha256) in SYNTHETIC

    def spread(self, unit: str) -> float:
        """Standard deviation of the unit's activations over the images of the study that are not synthetic."""
        natural = [value for sha256, value in self.units[unit].items() if not self.is_synthetic(sha256)]
        return float(np.std(natural)) if natural else 0.0


def read_truth(path: Path, *, study: str) -> Truth:
    """The truth file of a study, as `manage.py export_truth` writes it.

    Raises:
        InputError: It is missing, unreadable, or another study's.
    """
    remedy = f"Run `python manage.py export_truth --study {study}`, or name its file with --truth"
    try:
        body = json.loads(path.read_text())
        units = {str(unit): dict(known) for unit, known in body["units"].items()}
        truth = Truth(units=units, parts=dict(body.get("parts", {})), labels=dict(body.get("labels", {})))
        of_study = body["study"]
    except OSError as error:
        raise InputError(field="truth", message=f"{path} cannot be read ({error.strerror})", remedy=remedy) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(field="truth", message=f"{path} is not a truth file", remedy=remedy) from error
    if of_study != study or not (truth.units or truth.labels):
        raise InputError(field="truth", message=f"{path} is not of study {study}", remedy=remedy)
    return truth
