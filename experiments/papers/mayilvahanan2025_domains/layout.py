"""Which image stands in a trial of the labelling study; read from the manifests of its two stimulus sets."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import ImageRef, PlannedTrial, TrialKind
from experiments.contract.fields import Json

LABELLED, OBVIOUS = "labelled", "obvious"
"""Parts of the stimuli: what main trials ask about, and what everybody who looks gets right (with some ambiguous examples)."""
PARTS = (LABELLED, OBVIOUS)


class Stimuli:
    """The images of a study by part and label."""

    def __init__(self, *, digests: Mapping[str, str], sets: Mapping[str, Manifest]) -> None:
        """`digests` are those of the stimulus sets by part; `sets` holds their manifests by digest."""
        self.digests, self.sets = digests, sets

    def listed(self, part: str, *, label: str = "") -> list[int]:
        """The numbers of a part's images, or of those with this label by their making."""
        return [number for number, image in enumerate(self._images(part)) if label in ("", image["label"])]

    def trial(self, kind: TrialKind, part: str, number: int) -> PlannedTrial:
        """The trial that asks about an image."""
        image = self._images(part)[number]
        shown = ImageRef(digest=self.digests[part], name=image["file"])
        about = {"image": image["image"]}
        return PlannedTrial(kind=kind, unit="", batch=0, images={"image": shown}, correct=image["label"], about=about)

    def _images(self, part: str) -> Sequence[Mapping[str, Json]]:
        images: Any = self.sets[self.digests[part]].values["images"]
        return images  # type: ignore[no-any-return]  # as `stimuli` writes them
