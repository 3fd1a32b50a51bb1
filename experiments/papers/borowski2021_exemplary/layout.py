"""Which images stand where in a trial of the laboratory 2-AFC, for each condition."""

from collections.abc import Mapping

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import ImageRef, PlannedTrial, TrialKind
from experiments.contract.layout import DigestOf, two_afc_images
from experiments.contract.planning import shuffled

REFERENCES = 9
QUERY = 9
"""Index of the query within a batch, the most extreme image; 0 to 8 are references, 8 the most extreme of them."""
SIDES = {"left": "min", "right": "max"}


class Stimuli:
    """The images of a study, by unit and batch, for trials of any condition.

    A condition is `none`, or references with what is shown of them: `natural` is the same as `natural_minmax_9`,
    `synthetic_max_1` shows the one most extreme image on the right alone.
    """

    def __init__(self, *, digest_of: DigestOf, sets: Mapping[str, Manifest]) -> None:
        self.digest_of, self.sets = digest_of, sets

    def trial(
        self, kind: TrialKind, unit: str, batch: int, *, condition: str, correct: str, rng: np.random.Generator
    ) -> PlannedTrial:
        """A trial whose queries are the batch's own."""
        least, most = (self._image("natural", unit, batch, f"{sign}_{QUERY}") for sign in SIDES.values())
        references = self._references(unit, batch, condition=condition, rng=rng)
        images = two_afc_images(references=references, least=least, most=most, correct=correct)
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct, condition=condition)

    def catch_trial(self, unit: str, batch: int, *, condition: str, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial whose queries are two of the references; where no minimal ones are shown, the wrong one is not among them."""
        shown = self._references(unit, batch, condition=condition, rng=rng)
        hidden = self._references(unit, batch, condition=_with_minimal(condition), rng=rng)
        least, most = (shuffled(shown.get(side, hidden[side]), rng)[0] for side in SIDES)
        images = two_afc_images(references=shown, least=least, most=most, correct=correct)
        return PlannedTrial(kind="catch", unit=unit, batch=batch, images=images, correct=correct, condition=condition)

    def rating(self, unit: str) -> PlannedTrial:
        """Natural images on the left, synthetic ones on the right: how intuitively do these explain those?"""
        batch = self.batches(unit) - 1
        images = {
            f"{side}_{i}": self._image(part, unit, batch, f"max_{i}")
            for side, part in (("left", "natural"), ("right", "synthetic"))
            for i in range(REFERENCES)
        }
        return PlannedTrial(kind="rating", unit=unit, batch=batch, images=images, correct="")

    def batches(self, unit: str) -> int:
        """How many batches the unit's natural images carry."""
        return int(self.sets[self.digest_of("natural", unit)].values["batches"])

    def _references(self, unit: str, batch: int, *, condition: str, rng: np.random.Generator) -> dict[str, list[ImageRef]]:
        """The groups that a condition shows, in random order."""
        if condition == "none":
            return {}
        part, group, count = shown_references(condition)
        sides = ("right",) if group == "max" else ("left", "right")
        numbers = range(REFERENCES - count, REFERENCES)
        return {side: shuffled([self._image(part, unit, batch, f"{SIDES[side]}_{i}") for i in numbers], rng) for side in sides}

    def _image(self, part: str, unit: str, batch: int, name: str) -> ImageRef:
        folder = f"batch{batch}/" if part == "natural" else ""
        return ImageRef(digest=self.digest_of(part, unit), name=f"{folder}{name}")


def shown_references(condition: str) -> tuple[str, str, int]:
    """References, the groups shown (`max` or `minmax`), how many of a side."""
    part, _, rest = condition.partition("_")
    group, _, count = (rest or f"minmax_{REFERENCES}").partition("_")
    return part, group, int(count)


def _with_minimal(condition: str) -> str:
    """The condition that shows minimal references beside the same maximal ones."""
    part, _, count = shown_references(condition)
    return f"{part}_minmax_{count}"
