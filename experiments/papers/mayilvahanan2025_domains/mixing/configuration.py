"""What decides a training of the mixing study: its set, its network, its plan."""

from dataclasses import dataclass
from typing import Literal

from experiments.contract.fields import require, require_range
from experiments.datasets.domains import Domain
from experiments.methods.training.plan import Plan

Model = Literal["contrastive", "supervised"]


@dataclass(frozen=True, kw_only=True)
class MixingConfiguration:
    """All that decides a training."""

    model: Model = "contrastive"
    """An image encoder and a bag of words, trained to meet (CLIP in small); or a classifier."""
    images: int = 1024
    """Of the set, over all objects."""
    renditions: float = 0.0
    """Share of the set."""
    ambiguous: float = 0.0
    """The same of ambiguous images; the rest is natural."""
    objects: int = 16
    """Classes; each is one photographed object."""
    views: int = 64
    """Of each object in each domain, from which sets are drawn."""
    test_views: int = 20
    """Further ones, on which networks are measured."""
    apart: int = 5
    """Bits by which the hash of a test image differs from those of all images that sets are drawn from; others are left out."""
    side: int = 32
    """px."""
    widths: tuple[int, ...] = (32, 64, 128)
    """Channels of the convolutions."""
    latents: int = 64
    """Of the space in which images and words meet."""
    shift: int = 3
    """px by which training images are moved at most; half of them are mirrored."""
    batch: int = 64
    steps: int = 600
    learning_rate: float = 2e-3
    measure_every: int = 300
    keep_every: int = 200

    def __post_init__(self) -> None:
        for name, low, high in (("objects", 2, 200), ("views", 1, 10_000), ("test_views", 1, 10_000), ("side", 16, 160)):
            require_range(self, name, low, high)
        for name in ("renditions", "ambiguous"):
            require_range(self, name, 0, 1)
        require_range(self, "images", 2, self.objects * self.views)
        require_range(self, "batch", 2, self.images)
        require_range(self, "apart", 0, 64)
        require_range(self, "shift", 0, self.side // 2)
        require(len(self.widths) == 3, "widths", f"{list(self.widths)} are not three", "Give three widths")
        require(self.renditions + self.ambiguous <= 1, "ambiguous", "the shares add up to more than 1", "Give shares of one set")
        self.plan  # noqa: B018 -- constructed for its checks

    @property
    def plan(self) -> Plan:
        """Of the training."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            decay="cosine",
            measure_every=self.measure_every,
            keep_every=self.keep_every,
        )

    @property
    def counts(self) -> dict[Domain, int]:
        """Images of each domain, in the order in which places of the set are given to domains."""
        renditions = round(self.renditions * self.images)
        # Both may be rounded up.
        ambiguous = min(round(self.ambiguous * self.images), self.images - renditions)
        return {"rendition": renditions, "ambiguous": ambiguous, "natural": self.images - renditions - ambiguous}
