"""Which images stand where in a trial of the web 2-AFC, for each condition."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import ImageRef, PlannedTrial, TrialKind
from experiments.contract.layout import DigestOf, two_afc_images
from experiments.contract.planning import shuffled

REFERENCES = 9
QUERY = 9
"""Index of the query within a batch; 0 to 8 are references, 8 the most extreme."""
QUANTILES: Mapping[str, float] = {"medium": 0.99, "hard": 0.95, "very_hard": 0.85}
"""Where the queries of a difficulty begin; without a difficulty ("easy") they come right after the references."""


def parts_of(condition: str) -> tuple[str, str]:
    """The stimulus sets of a condition, such as `synthetic_very_hard`: that of the references, that of the queries."""
    references, _, difficulty = condition.partition("_")
    return references, difficulty or "natural"


class Stimuli:
    """The images of a study, by unit and batch, for the trials of one condition."""

    def __init__(self, *, condition: str, digest_of: DigestOf, sets: Mapping[str, Manifest]) -> None:
        self.references, self.queries = parts_of(condition)
        self.digest_of, self.sets = digest_of, sets

    def trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial whose queries are the batch's own; in the example and in practice they are easy in every condition."""
        digest = self.digest_of(self.queries if kind == "main" else "natural", unit)
        queries = [ImageRef(digest=digest, name=f"batch{batch}/{sign}_{QUERY}") for sign in ("min", "max")]
        return self._laid_out(kind, unit, batch, queries, correct=correct, rng=rng)

    def obvious_trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial whose queries are two of the references on the screen."""
        drawn = rng.integers(REFERENCES, size=2)
        queries = [self._references(unit, batch, sign)[i] for sign, i in zip(("min", "max"), drawn, strict=True)]
        return self._laid_out(kind, unit, batch, queries, correct=correct, rng=rng)

    def batches(self, unit: str) -> int:
        """How many batches the unit's natural images carry."""
        return int(self.sets[self.digest_of("natural", unit)].values["batches"])

    def _laid_out(
        self, kind: TrialKind, unit: str, batch: int, queries: Sequence[ImageRef], *, correct: str, rng: np.random.Generator
    ) -> PlannedTrial:
        references = {}
        for side, sign in (("left", "min"), ("right", "max")):
            *others, first = self._references(unit, batch, sign)
            references[side] = [first, *shuffled(others, rng)]
        least, most = queries
        images = two_afc_images(references=references, least=least, most=most, correct=correct)
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct)

    def _references(self, unit: str, batch: int, sign: str) -> list[ImageRef]:
        """The nine references of a sign, the most extreme (or the non-diverse) one last."""
        digest = self.digest_of(self.references, unit)
        folder = f"batch{batch}/" if self.references == "natural" else ""
        return [ImageRef(digest=digest, name=f"{folder}{sign}_{i}") for i in range(REFERENCES)]
