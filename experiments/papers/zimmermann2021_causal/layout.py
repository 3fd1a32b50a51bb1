"""Which images stand where in a trial of the occlusion prediction, for each condition, and what is known of the trial."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, ImageRef, PlannedTrial, TrialKind
from experiments.contract.fields import Json, require
from experiments.contract.layout import DigestOf
from experiments.contract.planning import shuffled

REFERENCES = 9
MIXED_NATURAL, MIXED_SYNTHETIC = 5, 4
"""References of the condition `mixed`: natural ones from the strongest bins of the batch, and synthetic ones."""
RULES = ("center", "variance", "saliency")


class Stimuli:
    """The images of a study, by unit and batch, for the trials of one condition.

    Raises:
        InputError: There are fewer than two units, so that obvious trials have no other image.
    """

    def __init__(self, *, condition: str, units: Sequence[str], digest_of: DigestOf, sets: Mapping[str, Manifest]) -> None:
        require(len(units) > 1, "units", "a catch trial needs an image of another unit", "Give at least two units")
        self.condition, self.units, self.digest_of, self.sets = condition, units, digest_of, sets

    def trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial between the two occlusions of the batch's own image."""
        images = self._images(unit, batch, least=self._image("natural", unit, f"batch{batch}/min"), correct=correct, rng=rng)
        about = self._about(unit, batch, correct=correct)
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct, about=about)

    def obvious_trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial in which the wrong answer is an occluded copy of another unit's image."""
        other = shuffled([other for other in self.units if other != unit], rng)[0]
        # From the batch kept for practice: elsewhere it is a wrong answer that this session may ask for.
        foreign = self._image("natural", other, f"batch{self.batches(other) - 1}/min")
        images = self._images(unit, batch, least=foreign, correct=correct, rng=rng)
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct)

    def batches(self, unit: str) -> int:
        """How many batches the unit's natural images carry."""
        return int(self._natural_values(unit)["batches"])

    def _images(self, unit: str, batch: int, *, least: ImageRef, correct: str, rng: np.random.Generator) -> dict[str, ImageRef]:
        references = [image for group in self._references(unit, batch) for image in shuffled(group, rng)]
        most = self._image("natural", unit, f"batch{batch}/max")
        left, right = (most, least) if correct == "left" else (least, most)
        images = {f"reference_{i}": image for i, image in enumerate(references)}
        return {**images, "base": self._image("natural", unit, f"batch{batch}/base"), "query_left": left, "query_right": right}

    def _references(self, unit: str, batch: int) -> list[list[ImageRef]]:
        """Groups of references in the order of the screen; within a group chance decides."""
        if self.condition == "none":
            return []
        in_batch = [f"batch{batch}/reference_{i}" for i in range(REFERENCES)]
        for_all = [f"reference_{i}" for i in range(REFERENCES)]
        if self.condition == "mixed":
            natural = [self._image("natural", unit, name) for name in in_batch[-MIXED_NATURAL:]]
            return [natural, [self._image("mixed", unit, name) for name in for_all[:MIXED_SYNTHETIC]]]
        names = for_all if self.condition == "synthetic" else in_batch
        return [[self._image(self.condition, unit, name) for name in names]]

    def _about(self, unit: str, batch: int, *, correct: str) -> dict[str, Json]:
        """How much the squares matter, and what the baselines choose; only what is known and defined."""
        effects = self._natural_values(unit).get("effects")
        if not effects:
            return {}
        effect = effects[batch]
        wrong = next(choice for choice in CHOICES["occlusion_choice"] if choice != correct)
        place = {"max": correct, "min": wrong}
        chosen = {f"baseline_{rule}": place.get(effect.get(rule)) for rule in RULES}
        about = {"relative_difference": effect["relative_difference"], **chosen}
        return {name: value for name, value in about.items() if value is not None}

    def _natural_values(self, unit: str) -> Mapping[str, Json]:
        return self.sets[self.digest_of("natural", unit)].values

    def _image(self, part: str, unit: str, name: str) -> ImageRef:
        return ImageRef(digest=self.digest_of(part, unit), name=name)
