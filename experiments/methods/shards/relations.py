"""Which samples are removed for which others, as the searches for duplicates find it and the de-duplication merges it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Float32, Int8, Int64
from safetensors.numpy import load, save

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile

HOW = ("bytes", "hash", "embedding")
"""The searches, in their order."""


@dataclass(frozen=True, kw_only=True)
class Relations:
    """A row for each removed sample; samples are numbered through all shards of a list."""

    removed: Int64[np.ndarray, " removed"]
    kept: Int64[np.ndarray, " removed"]
    """For which one; a later search may remove that for a third one: see `rooted`."""
    how: Int8[np.ndarray, " removed"]
    """Place in `HOW`."""
    distance: Float32[np.ndarray, " removed"]
    """Bits, or 1 - cosine, from the one for which that search removed it; of equal bytes 0."""

    @classmethod
    def found(cls, how: str, *, removed: np.ndarray, kept: np.ndarray, distance: np.ndarray) -> Self:
        """What one search found."""
        return cls(
            removed=np.asarray(removed, np.int64),
            kept=np.asarray(kept, np.int64),
            how=np.full(len(removed), HOW.index(how), np.int8),
            distance=np.asarray(distance, np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence["Relations"]) -> Self:
        """Those of several searches, by the removed sample."""
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in asdict(parts[0])}
        order = np.argsort(joined["removed"], kind="stable")
        return cls(**{name: np.ascontiguousarray(array[order]) for name, array in joined.items()})

    def rooted(self) -> Self:
        """The same, each removed for one that stays: of a chain of searches its end."""
        samples, places = np.unique(np.concatenate([self.removed, self.kept]), return_inverse=True)
        removed, kept = np.split(places.ravel(), 2)
        end = np.arange(len(samples))
        end[removed] = kept
        while (end[end] != end).any():
            end = end[end]
        return replace(self, kept=samples[end[kept]])

    @classmethod
    def of(cls, search: Manifest, *, store: ArtifactStore) -> Self:
        """What a worker found."""
        return cls(**load(store.read_blob(search.file("relations").sha256)))

    def as_file(self) -> NewFile:
        """The relations as a file of an artifact."""
        return NewFile(name="relations", content=save(asdict(self)), media_type="application/octet-stream")

    def counts(self) -> dict[str, int]:
        """How many samples each search removed."""
        return {how: int((self.how == place).sum()) for place, how in enumerate(HOW)}
