"""Maker of selections: which samples of a list of shards are taken, mixed exactly and nested for growing sizes."""

import hashlib
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Int64, UInt8

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes import ShardSelection
from experiments.methods.shards.contents import BINARY, key_digests
from experiments.methods.shards.fingerprints import array_bytes
from experiments.methods.shards.listed import Listed, as_items

RANK_BYTES = 8
HALF = Fraction(1, 2)


def make(recipe: ShardSelection, workshop: Workshop) -> Product:
    """Find the keys of the lists among the samples, and take of each list its share.

    Raises:
        InputError: A list is no text, a key is in no shard or in two lists, or a list has fewer samples than its share.
    """
    listed = Listed.of(recipe.listing, workshop)
    workshop.report(0, 1, "choosing samples")
    digests = listed.key_digests()
    lists = [
        _found(keys_of(workshop.store.read_blob(one["sha256"]), name=f"list {number}"), digests)
        for number, one in enumerate(recipe.lists, start=1)
    ] or [np.arange(len(listed))]
    _require_apart(lists, listed=listed)
    shares = [float(one["share"]) for one in recipe.lists] or [1.0]
    counts = split(recipe.size, shares=shares) if recipe.size else [len(one) for one in lists]
    for number, (samples, count) in enumerate(zip(lists, counts, strict=True)):
        name = f"list {number + 1}" if recipe.lists else "the shards"
        message = f"{count} samples of {name} are asked for, and it has {len(samples)}"
        require(count <= len(samples), "size", message, f"Ask for at most {len(samples)} of it")
    taken = [first(samples, count=count, digests=digests, seed=recipe.seed) for samples, count in zip(lists, counts, strict=True)]
    places = listed.places(np.sort(np.concatenate(taken))).astype(np.int32)
    file = NewFile(name="chosen", content=array_bytes(places), media_type=BINARY)
    values = {**listed.lost, "chosen": len(places), "counts": counts, "available": [len(one) for one in lists]}
    origins = dict.fromkeys(one["origin"] for one in recipe.lists if "origin" in one)
    return Product(new_files=[file], values=values, parents=[recipe.listing, *origins])


def split(size: int, *, shares: Sequence[float]) -> list[int]:
    """Whole numbers in the ratio of the shares that add up to `size`, none of which falls when `size` grows.

    By Webster's divisor method (Balinski & Young 1982): sample k of a list comes at (k - 1/2) / share, and the first `size` are
    taken. Largest remainders are not monotone: of shares 6 : 6 : 2 they give 4, 4, 2 of ten and 5, 5, 1 of eleven.
    """
    # Exact, so that a tie is broken in the same way at every size: the earlier list comes first.
    exact = [Fraction(share) for share in shares]
    divisor = sum(exact) / size
    counts = [math.floor(share / divisor + HALF) for share in exact]
    while (taken := sum(counts)) != size:
        more = taken < size
        ends = [
            ((count + HALF if more else count - HALF) / share, at)
            for at, (count, share) in enumerate(zip(counts, exact, strict=True))
        ]
        counts[(min if more else max)(ends)[1]] += 1 if more else -1
    return counts


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


def keys_of(content: bytes, *, name: str) -> list[str]:
    """The keys of a list, one a line; they may have spaces.

    Raises:
        InputError: It is no text.
    """
    try:
        return [key for key in content.decode().splitlines() if key]
    except UnicodeDecodeError as error:
        message = f"{name} is no UTF-8 text from byte {error.start} on"
        raise InputError(field="mix", message=message, remedy="Give a file of keys, one a line") from error


def _found(keys: Sequence[str], digests: UInt8[np.ndarray, "sample 16"]) -> Int64[np.ndarray, " sample"]:
    """The samples whose keys are in a list.

    Raises:
        InputError: A key is in no shard, or twice in the list.
    """
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
