"""Maker of the search for copies: equal bytes, and hashes close by. It decides by what is known of all shards at once."""

import io
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int64

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import CopySearch
from experiments.methods.shards.contents import BINARY
from experiments.methods.shards.fingerprints import Fingerprints, array_bytes
from experiments.methods.shards.listed import Listed, as_items
from experiments.methods.shards.neighbors import near_hashes, use_same_threads
from experiments.methods.shards.relations import Relations


def make(recipe: CopySearch, workshop: Workshop) -> Product:
    """Have all shards fingerprinted and compare the fingerprints.

    Raises:
        InputError: There is no image that can be read.
    """
    listed = Listed.of(recipe.listing, workshop)
    made = workshop.obtain_all([recipe.fingerprints(shard) for shard in listed.shards])
    workshop.report(0, 1, "comparing hashes")
    use_same_threads()
    prints = [Fingerprints.of(one, store=workshop.store) for one in made]
    sizes, hashed = np.concatenate([one.sizes for one in prints]), np.concatenate([one.hashed for one in prints])
    message = f"none of the {len(listed)} samples has an image that can be read"
    require(bool((sizes > 0).any()), "shards", message, "Give shards with whole PNG or JPEG files")
    equal = _equal_bytes(np.concatenate([as_items(one.sha256) for one in listed.contents()]), readable=sizes > 0)
    hashed[equal.removed] = False
    items = ranked(np.flatnonzero(hashed), sizes=sizes)
    hashes = np.concatenate([one.hashes for one in prints])[items]
    removed, kept, bits = near_hashes(hashes, distance=recipe.hash_distance)
    close = Relations.found("hash", removed=items[removed], kept=items[kept], distance=bits)
    relations = Relations.joined([equal, close])
    alive = sizes > 0
    alive[relations.removed] = False
    values = {
        "samples": len(listed),
        "unreadable": int((sizes == 0).sum()),
        **{how: relations.counts()[how] for how in ("bytes", "hash")},
    }
    parents = [recipe.listing, *(one.digest for one in made)]
    return Product(new_files=[relations.as_file(), *_left(alive, offsets=listed.offsets)], values=values, parents=parents)


def ranked(samples: Int64[np.ndarray, " sample"], *, sizes: Int64[np.ndarray, " sample_of_all"]) -> Int64[np.ndarray, " sample"]:
    """Samples in the order in which they stay: the most pixels first, among equals the first of the list."""
    return samples[np.lexsort((samples, -sizes[samples]))]


def left_name(number: int) -> str:
    """The file that says what is left of a shard."""
    return f"left_{number:05d}"


def left_by(copies: Manifest, number: int, *, workshop: Workshop) -> Int64[np.ndarray, " row"]:
    """Rows of a shard whose images can be read and are no copies."""
    left: Int64[np.ndarray, " row"] = np.load(io.BytesIO(workshop.store.read_blob(copies.file(left_name(number)).sha256)))
    return left


def _left(alive: Bool[np.ndarray, " sample"], *, offsets: Int64[np.ndarray, " shards_and_end"]) -> Iterator[NewFile]:
    """A file a shard, so that who looks at one shard need not read about all."""
    for number, (first, last) in enumerate(pairwise(offsets.tolist())):
        content = array_bytes(np.flatnonzero(alive[first:last]))
        yield NewFile(name=left_name(number), content=content, media_type=BINARY, about={"first": first})


def _equal_bytes(items: np.ndarray, *, readable: np.ndarray) -> Relations:
    """Images with the same bytes have the same size, so that the first of them stays."""
    samples = np.flatnonzero(readable)
    _, first, group = np.unique(items[samples], return_index=True, return_inverse=True)
    kept = samples[first[group]]
    removed = kept != samples
    return Relations.found("bytes", removed=samples[removed], kept=kept[removed], distance=np.zeros(int(removed.sum())))
