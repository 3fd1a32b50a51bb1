"""Maker of the lists of what is in shards and of the contents of each; and these contents, as others read them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from jaxtyping import Int64, UInt8
from safetensors.numpy import load, save

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile, Product, Workshop
from experiments.contract.fields import build, require
from experiments.contract.recipes import ShardContents, ShardList
from experiments.contract.recipes.shards import OneShard
from experiments.methods.shards.samples import Sample, samples

KEY_BYTES = 16
"""Of a digest that stands for a key; among 10^9 keys two are alike with a chance of 10^-21."""
REPORT_EVERY = 256
BINARY = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The samples of a shard in their order, a row each."""

    keys: Sequence[str]
    key_digests: UInt8[np.ndarray, "sample 16"]
    spans: Int64[np.ndarray, "sample 2"]
    """Bytes from and to, of all files of the sample with their headers."""
    images: Int64[np.ndarray, "sample 2"]
    """Offset and length in bytes of its image; length 0 where there is none."""
    sha256: UInt8[np.ndarray, "sample 32"]
    """Of the image's file; 0 where there is none."""

    @classmethod
    def of(cls, shard: Manifest, *, store: ArtifactStore) -> Self:
        """What a worker found in a shard."""
        keys = store.read_blob(shard.file("keys").sha256).decode().split("\n")[:-1]
        return cls(keys=keys, **load(store.read_blob(shard.file("table").sha256)))


def make_list(recipe: ShardList, workshop: Workshop) -> Product:
    """See that the shards are what they were when they were listed."""
    shards = [build(ShardContents, shard) for shard in recipe.shards]
    for number, shard in enumerate(shards):
        workshop.report(number, len(shards), "looking for shards")
        require_unchanged(shard)
    return Product(values={"shards": len(shards), "bytes": sum(shard.bytes for shard in shards)})


def make_contents(recipe: ShardContents, workshop: Workshop) -> Product:
    """Read a shard once, without decoding its images.

    Raises:
        InputError: It changed since it was listed, or two of its samples have one key.
    """
    require_unchanged(recipe)
    path = Path(recipe.path)
    found, broken = samples(path)
    digests = np.zeros((len(found), 32), np.uint8)
    with path.open("rb") as file:
        for row, sample in enumerate(found):
            if row % REPORT_EVERY == 0:
                workshop.report(row, len(found), f"contents of {path.name}")
            if sample.image:
                file.seek(sample.image[0])
                digests[row] = np.frombuffer(hashlib.sha256(file.read(sample.image[1])).digest(), np.uint8)
    require_unchanged(recipe)
    keys = "".join(f"{sample.key}\n" for sample in found).encode()
    files = [
        NewFile(name="keys", content=keys, media_type="text/plain"),
        NewFile(name="table", content=save(_table(found, digests)), media_type=BINARY),
    ]
    values = {
        "samples": len(found),
        "without_image": sum(sample.image is None for sample in found),
        "image_bytes": sum(sample.image[1] for sample in found if sample.image),
        "broken": broken.reason if broken else "",
        "images_lost": broken.images_lost if broken else 0,
    }
    return Product(new_files=files, values=values)


def key_digests(keys: Sequence[str]) -> UInt8[np.ndarray, "key 16"]:
    """Digests of fixed length, which sort and compare as arrays."""
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=KEY_BYTES).digest() for key in keys)
    return np.frombuffer(digests, np.uint8).reshape(-1, KEY_BYTES)


def require_unchanged(shard: OneShard) -> None:
    """Raise InputError unless the file is as it was when it was listed, by its size and the time of its last change."""
    now = OneShard.at(Path(shard.path))
    same = (now.bytes, now.modified_ns) == (shard.bytes, shard.modified_ns)
    message = f"{shard.path} changed since it was listed: it had {shard.bytes} bytes and has {now.bytes}, or was written again"
    require(same, "shards", message, "Leave shards alone while they are read, and ask again")


def _table(found: Sequence[Sample], digests: UInt8[np.ndarray, "sample 32"]) -> dict[str, np.ndarray]:
    return {
        "key_digests": key_digests([sample.key for sample in found]).copy(),
        "spans": np.array([(sample.start, sample.stop) for sample in found], np.int64).reshape(-1, 2),
        "images": np.array([sample.image or (0, 0) for sample in found], np.int64).reshape(-1, 2),
        "sha256": digests,
    }
