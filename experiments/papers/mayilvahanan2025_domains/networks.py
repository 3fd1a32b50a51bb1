"""Which sets are mixed and how large everything is, at each scale. Called by `train`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.fields import Json, build, require, require_range
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration, Model

POOL: Mapping[str, float] = {"renditions": 16 / 200, "ambiguous": 127 / 200}
"""Shares of a random set: those of renditions and of what is neither, in the 200 million pairs of LAION after de-duplication."""
MODELS: tuple[Model, ...] = ("contrastive", "supervised")
PUBLISHED = (0.0, 0.016, 0.031, 0.0625, 0.125, 0.25, 0.5, 0.75, 0.97, 1.0)
"""Shares of the published mixes (of the released code's evaluation of 16 million pairs)."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is trained."""

    shares: tuple[float, ...] = (0.0, 0.03125, 0.0625, 0.25, 0.5, 0.75, 1.0)
    """Of renditions, rising."""
    sizes: tuple[int, ...] = (1024,)
    """Of sets; with each all shares are made."""
    reference_sizes: tuple[int, ...] = (256, 512)
    """Of further random sets, which the line of the effective robustness is fitted to."""
    seeds: int = 3
    mixing: Mapping[str, Json] = field(default_factory=dict)
    """Changes of every training of the mixing study, by the fields of `MixingConfiguration`."""
    classifier: Mapping[str, Json] = field(default_factory=dict)
    """The same of the classifier."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 1000)
        rising = sorted(set(self.shares)) == list(self.shares) and len(self.shares) >= 2
        require(rising and self.shares[0] >= 0 and self.shares[-1] <= 1, "shares", "they do not rise in 0 to 1", "Give [0,0.5,1]")
        require(bool(self.sizes), "sizes", "there is none", "Give at least one, such as [1024]")
        for size in (*self.sizes, *self.reference_sizes):
            self.configuration(model="contrastive", images=size)
        build(ClassifierConfiguration, self.classifier)

    def configuration(self, *, model: Model, images: int, renditions: float = 0.0, ambiguous: float = 0.0) -> MixingConfiguration:
        """Of a training.

        Raises:
            InputError: A field is unknown or unfit.
        """
        set_of = {"model": model, "images": images, "renditions": renditions, "ambiguous": ambiguous}
        return build(MixingConfiguration, {**self.mixing, **set_of})


SMOKE: Mapping[str, Json] = {
    "shares": [0.0, 0.5],
    "sizes": [24],
    "reference_sizes": [],
    "seeds": 1,
    "mixing": {"objects": 3, "views": 8, "test_views": 4, "widths": [8, 8, 8], "batch": 8, "steps": 6, "apart": 0},
    "classifier": {"side": 48, "held_out_views": 1, "every": 11, "precision": 0.7},
}
"""Enough to show that the stages fit together, and nothing else."""
PAPER: Mapping[str, Json] = {
    "shares": list(PUBLISHED),
    "sizes": [2048, 8192],
    "reference_sizes": [512, 1024, 4096],
    "mixing": {"objects": 32, "views": 256, "steps": 4000, "keep_every": 1000, "measure_every": 1000},
}
"""The published grid of shares, with images made here; CLIP itself is trained where shards are given."""
