"""Maker of selections: which samples of a list of shards are taken, mixed exactly and nested for growing sizes."""

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes import ShardSelection
from experiments.methods.shards.contents import BINARY, key_digests
from experiments.methods.shards.fingerprints import array_bytes
from experiments.methods.shards.listed import Listed, as_items

RANK_BYTES = 8


def make(recipe: ShardSelection, workshop: Workshop) -> Product:
    """Find the keys of the lists among the samples, and take of each list its share.

    Raises:
        InputError: A key is in no shard or in two lists, or a list has fewer samples than its share.
    """
    listed = Listed.of(recipe.listing, workshop)
    workshop.report(0, 1, "choosing samples")
    digests = listed.key_digests()
    lists = [_found(workshop.store.read_blob(one["sha256"]), digests) for one in recipe.lists] or [np.arange(len(listed))]
    _require_apart(lists, listed=listed)
    shares = np.array([one["share"] for one in recipe.lists] or [1.0])
    counts = split(recipe.size, shares=shares) if recipe.size else [len(one) for one in lists]
    for number, (samples, count) in enumerate(zip(lists, counts, strict=True)):
        name = f"list {number + 1}" if recipe.lists else "the shards"
        message = f"{count} samples of {name} are asked for, and it has {len(samples)}"
        require(count <= len(samples), "size", message, f"Ask for at most {len(samples)} of it")
    taken = [first(samples, count=count, digests=digests, seed=recipe.seed) for samples, count in zip(lists, counts, strict=True)]
    places = listed.places(np.sort(np.concatenate(taken))).astype(np.int32)
    file = NewFile(name="chosen", content=array_bytes(places), media_type=BINARY)
    values = {**listed.lost, "chosen": len(places), "counts": counts, "available": [len(one) for one in lists]}
    return Product(new_files=[file], values=values, parents=[recipe.listing])


def split(size: int, *, shares: Float64[np.ndarray, " list"]) -> list[int]:
    """Whole numbers in the ratio of the shares that add up to `size`: what is left by rounding goes to the largest remainders."""
    exact = size * shares / shares.sum()
    counts = np.floor(exact).astype(int)
    most_left = np.argsort(counts - exact, kind="stable")
    counts[most_left[: size - counts.sum()]] += 1
    return [int(count) for count in counts]


def first(
    samples: Int64[np.ndarray, " sample"], *, count: int, digests: UInt8[np.ndarray, "sample_of_all 16"], seed: int
) -> Int64[np.ndarray, " chosen"]:
    """The first so many of some samples in an order that follows from their keys and the seed alone."""
    if count == len(samples):
        return samples
    key = seed.to_bytes(RANK_BYTES, "little")
    ranks = b"".join(hashlib.blake2b(digests[one].tobytes(), digest_size=RANK_BYTES, key=key).digest() for one in samples)
    order = np.argsort(np.frombuffer(ranks, np.uint64), kind="stable")
    return samples[order[:count]]


def _found(content: bytes, digests: UInt8[np.ndarray, "sample 16"]) -> Int64[np.ndarray, " sample"]:
    """The samples whose keys are in a list.

    Raises:
        InputError: A key is in no shard, or twice in the list.
    """
    keys = content.decode().split()
    items, wanted = as_items(digests), as_items(key_digests(keys))
    order = np.argsort(items, kind="stable")
    at = np.minimum(np.searchsorted(items[order], wanted), len(items) - 1)
    unknown = np.flatnonzero(items[order][at] != wanted)
    if len(unknown):
        message = f"{len(unknown)} of its {len(keys)} keys are in no shard, the first of them {keys[unknown[0]]!r}"
        raise InputError(field="mix", message=message, remedy="Give all shards that the list was made of, or correct the list")
    samples: Int64[np.ndarray, " sample"] = order[at]
    _, again, times = np.unique(samples, return_index=True, return_counts=True)
    if (times > 1).any():
        key = keys[again[np.argmax(times)]]
        raise InputError(field="mix", message=f"the key {key!r} is twice in a list", remedy="Give each key once")
    return samples


def _require_apart(lists: Sequence[Int64[np.ndarray, " sample"]], *, listed: Listed) -> None:
    samples, times = np.unique(np.concatenate(lists), return_counts=True)
    both = samples[times > 1]
    if len(both):
        message = f"{len(both)} keys are in two lists, the first of them {listed.keys(both[:1])[int(both[0])]!r}"
        raise InputError(field="mix", message=message, remedy="Give lists that have no key in common")
