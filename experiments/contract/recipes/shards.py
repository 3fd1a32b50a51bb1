"""WebDataset shards: what is in them, which samples are duplicates, which domain they belong to, and which are chosen."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, require, require_number, require_range
from experiments.contract.recipes.base import MAX_SIDE, Recipe, require_path
from model_zoo.address import UnitAddress
from model_zoo.catalogue import aggregation_of, check_unit

Part = TypeVar("Part", bound=Recipe)
HEX_DIGITS = 64
LARGEST_HASH_DISTANCE = 7
"""Bits; hashes that differ in more are hardly found without comparing all of them."""
SMALLEST_SHARE = 1e-9


@dataclass(frozen=True, kw_only=True)
class OneShard(Recipe):
    """A recipe about one tar file, as it was when it was listed: a file that changed since is another one."""

    path: str
    bytes: int
    modified_ns: int
    """Unix time in ns."""

    def __post_init__(self) -> None:
        require(bool(self.path), "shards", "a shard has no path", "Give the path of a tar file")
        require_path(self, "path")

    @classmethod
    def at(cls, path: Path, **fields: Any) -> Self:
        """The recipe about the file that is there now.

        Raises:
            InputError: There is none, or it cannot be looked at.
        """
        try:
            status = path.stat()
        except OSError as error:
            message = f"{path} cannot be opened ({error.strerror})"
            raise InputError(field="shards", message=message, remedy="Give paths of tar files on this machine") from error
        return cls(path=str(path.resolve()), bytes=status.st_size, modified_ns=status.st_mtime_ns, **fields)


@dataclass(frozen=True, kw_only=True)
class ShardContents(OneShard):
    """The samples of a shard, found without decoding an image.

    Files: `keys`, one a line; `table`, safetensors: see `experiments.methods.shards.contents.Contents`. `values` counts samples,
    those without an image, and what is lost behind a break of the file.
    """

    kind: ClassVar[str] = "shard_contents"


@dataclass(frozen=True, kw_only=True)
class ShardFingerprints(OneShard):
    """What the images of a shard look like: a perceptual hash of 64 bits, and the embedding by a layer of a network.

    Files: `table`, safetensors: see `experiments.methods.shards.fingerprints.Fingerprints`; `embeddings`, .npy, float16 [sample,
    channel], rows of length 1 (0 where there is no image). `values` counts images that cannot be read.
    """

    kind: ClassVar[str] = "shard_fingerprints"
    model: str = "efficientnet_lite0.in1k"
    layer: str = "_avg_pooling"
    """Module path, verbatim; its spatial or token mean is the embedding."""
    resolution: int = 224
    """Side in px at which the network sees the images."""

    def __post_init__(self) -> None:
        super().__post_init__()
        address = UnitAddress.parse(f"{self.model}/{self.layer}:0")
        object.__setattr__(self, "layer", check_unit(address, aggregation=aggregation_of(address)).layer)
        require_range(self, "resolution", 32, MAX_SIDE)


@dataclass(frozen=True, kw_only=True)
class ShardLabels(OneShard):
    """The domain of each image of a shard, by a classifier of the zoo.

    Files: `labels`, .npy, int8 [sample]: place among natural, rendition and ambiguous, -1 where there is no image to read.
    """

    kind: ClassVar[str] = "shard_labels"
    classifier: str
    """Model id."""


@dataclass(frozen=True, kw_only=True)
class ShardList(Recipe):
    """Which shards are meant, in which order, as they are now. No files; `values` counts shards and bytes."""

    kind: ClassVar[str] = "shard_list"
    shards: tuple[Mapping[str, Json], ...]
    """For each its `path`, `bytes` and `modified_ns`."""

    def __post_init__(self) -> None:
        require(bool(self.shards), "shards", "there are none", "Give at least one tar file")
        paths = [build(ShardContents, shard).path for shard in self.shards]
        twice = [path for path in paths if paths.count(path) > 1] if len(set(paths)) < len(paths) else []
        require(not twice, "shards", f"{(twice or [''])[0]} is given twice", "Give every shard once")


@dataclass(frozen=True, kw_only=True)
class ListedShards(Recipe):
    """A recipe about all shards of a list."""

    listing: str
    """Digest of the `ShardList`."""

    def __post_init__(self) -> None:
        require(_is_digest(self.listing), "listing", f"{self.listing[:80]!r} is no digest", "Give that of a list of shards")


@dataclass(frozen=True, kw_only=True)
class CopySearch(ListedShards):
    """Which images of a list of shards have equal bytes, and which others have hashes at most `hash_distance` bits apart.

    Files: `relations`, safetensors: see `experiments.methods.shards.relations.Relations`.
    """

    kind: ClassVar[str] = "copy_search"
    model: str = "efficientnet_lite0.in1k"
    layer: str = "_avg_pooling"
    resolution: int = 224
    hash_distance: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "hash_distance", 0, LARGEST_HASH_DISTANCE)

    def fingerprints(self, shard: Mapping[str, Json]) -> ShardFingerprints:
        """The recipe of the fingerprints of one shard."""
        return build(ShardFingerprints, {**shard, "model": self.model, "layer": self.layer, "resolution": self.resolution})

    def as_part(self, cls: type[Part], **more: int) -> Part:
        """The recipe of a part of the work, with the fields that it shares with the whole."""
        names = {field.name for field in dataclasses.fields(cls)} - more.keys()
        return cls(**{name: getattr(self, name) for name in names}, **more)


@dataclass(frozen=True, kw_only=True)
class EmbeddingClusters(CopySearch):
    """The centers of spherical k-means over the embeddings. Files: `centers`, .npy, float32 [cluster, channel]."""

    kind: ClassVar[str] = "embedding_clusters"
    clusters: int = 0
    """0 stands for one for 8,000 images that are left, as the published 50,000 for 400 million."""
    seed: int = 0
    """Of k-means."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "clusters", 0, 10**6)
        require_range(self, "seed", 0, 2**31 - 1)


@dataclass(frozen=True, kw_only=True)
class ClusteredShard(EmbeddingClusters):
    """What is left of a shard without copies, cluster by cluster, so that those of a cluster are one range of bytes.

    Files: `records` and `offsets`, raw: see `experiments.methods.shards.clusters`.
    """

    kind: ClassVar[str] = "clustered_shard"
    number: int
    """Which shard of the list, from 0."""


@dataclass(frozen=True, kw_only=True)
class Deduplication(EmbeddingClusters):
    """Which samples of a list of shards are kept, and which are removed for another one.

    Of duplicates the image with the most pixels is kept, among equals the first. Three searches, each among what the one before
    left: equal bytes; hashes at most `hash_distance` bits apart; embeddings closer than `distance` within a cluster (as SemDeDup,
    Abbas et al. 2023, but greedy: a sample is removed only for one that this search keeps).

    Files: `kept.txt`, keys, one a line; `duplicates.csv`: removed, kept, how, distance; `unreadable.csv`: key, reason;
    `groups.png`: some groups, a row each. `values` counts them.
    """

    kind: ClassVar[str] = "deduplication"
    distance: float = 0.124
    """1 - cosine; as published for the embeddings of CLIP (clip-ood, deduplication)."""
    clusters_per_part: int = 64
    """So many are searched by one worker at a time."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "distance", 0.0, 1.0)
        require_range(self, "clusters_per_part", 1, 10**6)


@dataclass(frozen=True, kw_only=True)
class ClusterSearch(Deduplication):
    """Which embeddings are close to another one in some clusters. Files: `relations`, as of a `CopySearch`."""

    kind: ClassVar[str] = "cluster_search"
    number: int
    """Which clusters: `clusters_per_part` of them from `number * clusters_per_part` on."""


@dataclass(frozen=True, kw_only=True)
class ShardSelection(ListedShards):
    """Exactly `size` samples, mixed from lists of keys by their shares; with one seed a smaller one is part of a larger one.

    Files: `chosen`, .npy, int32 [sample, 2]: shard and row, in the order of the shards.
    """

    kind: ClassVar[str] = "shard_selection"
    lists: tuple[Mapping[str, Json], ...] = ()
    """For each its `sha256` in the store (keys, one a line) and `share`; left out, all samples are one list.

    Where it is known, `origin` is the digest of the artifact whose file a list is.
    """
    size: int = 0
    """0 stands for all there are, which only equal shares allow."""
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "size", 0, 10**12)
        require_range(self, "seed", 0, 2**32 - 1)
        for one in self.lists:
            fit = one.keys() - {"origin"} == {"sha256", "share"} and _is_digest(one.get("origin", one["sha256"]))
            require(
                fit, "lists", f"{dict(one)} is no list with a share", "Give sha256 and share, and perhaps the digest of an origin"
            )
            require_number("lists", one["share"], SMALLEST_SHARE, 1 / SMALLEST_SHARE)
        shares = {one["share"] for one in self.lists}
        message = "the shares differ, and no size is given that they could divide"
        require(self.size > 0 or len(shares) < 2, "size", message, "Give a size, or lists without shares to take them whole")


def _is_digest(word: Json) -> bool:
    return isinstance(word, str) and len(word) == HEX_DIGITS and set(word) <= set("0123456789abcdef")
