"""All shards of a list as one: its samples numbered through, each key once. Used by all makers that merge shards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Int64, UInt8

from experiments.contract.artifacts import ArtifactStore, Manifest, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import ShardContents
from experiments.methods.shards.contents import Contents


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The contents of the shards of a list; sample i is row `i - offsets[s]` of the last shard s with `offsets[s] <= i`."""

    shards: Sequence[Mapping[str, Json]]
    manifests: Sequence[Manifest]
    offsets: Int64[np.ndarray, " shards_and_end"]
    store: ArtifactStore

    @classmethod
    def of(cls, listing: str, workshop: Workshop) -> Self:
        """The shards behind the digest of a list; what is not known of them is found out now.

        Raises:
            InputError: There is no such list, a shard changed, no shard has a sample, or two samples have one key.
        """
        shards = listed_shards(listing, store=workshop.store)
        manifests = workshop.obtain_all([build(ShardContents, shard) for shard in shards])
        offsets = np.cumsum([0, *(manifest.values["samples"] for manifest in manifests)], dtype=np.int64)
        reasons = [f"; {one.recipe['path']} {one.values['broken']}" for one in manifests if one.values["broken"]]
        message = f"there are no samples in the {len(shards)} tar files{(reasons or [''])[0]}"
        require(int(offsets[-1]) > 0, "shards", message, "Give whole tar files with samples in them")
        listed = cls(shards=shards, manifests=manifests, offsets=offsets, store=workshop.store)
        listed.key_digests()
        return listed

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def contents(self) -> Iterator[Contents]:
        """Of shard after shard."""
        return (Contents.of(manifest, store=self.store) for manifest in self.manifests)

    def places(self, samples: Int64[np.ndarray, " sample"]) -> Int64[np.ndarray, "sample 2"]:
        """Shard and row of these samples."""
        shards = np.searchsorted(self.offsets, samples, side="right") - 1
        return np.stack([shards, samples - self.offsets[shards]], axis=1)

    def keys(self, samples: Int64[np.ndarray, " sample"]) -> dict[int, str]:
        """The keys of these samples."""
        keys: dict[int, str] = {}
        wanted = self.places(np.unique(samples))
        for shard in np.unique(wanted[:, 0]):
            names = Contents.of(self.manifests[shard], store=self.store).keys
            keys |= {int(self.offsets[shard] + row): names[row] for row in wanted[wanted[:, 0] == shard, 1]}
        return keys

    def key_digests(self) -> UInt8[np.ndarray, "sample 16"]:
        """Of all samples.

        Raises:
            InputError: Two samples have one key.
        """
        digests = np.concatenate([contents.key_digests for contents in self.contents()])
        rows = as_items(digests)
        order = np.argsort(rows, kind="stable")
        again = np.flatnonzero(rows[order][1:] == rows[order][:-1])
        if len(again):
            pair = np.sort(order[again[0] : again[0] + 2])
            names = [self.shards[shard]["path"] for shard, _ in self.places(pair)]
            message = f"the key {self.keys(pair)[int(pair[0])]} is in {names[0]} and in {names[1]}"
            raise InputError(field="shards", message=message, remedy="Give shards in which every sample has a key of its own")
        return digests

    @property
    def lost(self) -> Mapping[str, Json]:
        """What could not be read of what was asked for, as the values of artifacts tell it."""
        broken = [one for one in self.manifests if one.values["broken"]]
        return {
            "samples": len(self),
            "without_image": sum(one.values["without_image"] for one in self.manifests),
            "images_lost": sum(one.values["images_lost"] for one in broken),
            "broken": [{"shard": one.recipe["path"], "reason": one.values["broken"]} for one in broken],
        }


def listed_shards(listing: str, *, store: ArtifactStore) -> Sequence[Mapping[str, Json]]:
    """The shards behind the digest of a list.

    Raises:
        InputError: There is no such list.
    """
    manifest = store.manifest(listing)
    if manifest is None or manifest.recipe["kind"] != "shard_list":
        raise InputError(field="listing", message=f"{listing[:12]} is no list of shards", remedy="Make the list first")
    shards: Sequence[Mapping[str, Json]] = manifest.recipe["shards"]
    return shards


def as_items(digests: UInt8[np.ndarray, "sample bytes"]) -> np.ndarray:
    """Each row as one item that sorts and compares."""
    contiguous = np.ascontiguousarray(digests)
    return contiguous.view(f"S{contiguous.shape[1]}").ravel()
