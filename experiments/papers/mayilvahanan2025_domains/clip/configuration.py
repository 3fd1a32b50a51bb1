"""What decides the training of a CLIP model on shards."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.fields import Json, require, require_range
from experiments.methods.training.plan import Plan

DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class ClipConfiguration:
    """The schedule is open_clip's default at 32 epochs of 57 million pairs (Mayilvahanan et al. 2025: ViT-B/32)."""

    listing: str
    """Digest of the list of shards, as they were: tar files with an image and a .txt each sample."""
    network: str = "ViT-B-32"
    """Name of a configuration of open_clip."""
    changes: Mapping[str, Json] = field(default_factory=dict)
    """Of that configuration's fields, such as `{"embed_dim": 64}`; parts of a tower are changed one by one."""
    batch: int = 33_600
    """Over all processes; that of the released code."""
    steps: int = 54_300
    learning_rate: float = 5e-4
    warm_up: int = 2000
    measure_every: int = 1000
    keep_every: int = 1000
    held_out: int = 1024
    """The last pairs, which are measured on and not learned from."""

    def __post_init__(self) -> None:
        remedy = "Give --set shards=/data/{00000..05700}.tar"
        require(bool(DIGEST.fullmatch(self.listing)), "listing", f"{self.listing!r} is no digest", remedy)
        require_range(self, "batch", 2, 1_000_000)
        require_range(self, "held_out", 2, 1_000_000)
        self.plan  # noqa: B018 -- constructed for its checks

    @property
    def plan(self) -> Plan:
        """Of the training; Adam as in all trainings here, where open_clip has weight decay."""
        names = {each.name for each in dataclasses.fields(Plan)} & {each.name for each in dataclasses.fields(self)}
        return Plan(decay="cosine", **{name: getattr(self, name) for name in names})
