"""Greedy removal of near duplicates, by hashes and by embeddings, with the indices of faiss. Called by `copies` and `clusters`.

Items come in the order of their rank: each is removed if an earlier one that stays is near enough.
"""

from typing import TypeAlias

import faiss
import numpy as np
import torch
from jaxtyping import Float, UInt8

HASH_BITS = 64
CHUNK = 1024
"""Items that are compared at once; memory grows with its square where all of them are alike."""
Removals: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Removed items, for which one each, and how far it is from it."""


def use_same_threads() -> None:
    """Let faiss take as many cores as torch: each has its own OpenMP, and together they would crowd the machine."""
    faiss.omp_set_num_threads(torch.get_num_threads())


def near_hashes(hashes: UInt8[np.ndarray, "item 8"], *, distance: int) -> Removals:
    """Items whose hashes differ from that of an earlier one in at most `distance` bits; all of them are found.

    Hashes so close agree in one of `distance + 1` bands of bits at least, so only those that share a band are compared.
    """
    bands = distance + 1
    # Hundreds of equal hashes would all be compared with one another: the first stands for them.
    _, first, group = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    firsts = np.sort(first)
    index = faiss.IndexBinaryMultiHash(HASH_BITS, bands, min(32, HASH_BITS // bands))
    index.add(hashes[firsts])
    kept_for = np.full(len(firsts), -1)
    bits = np.zeros(len(firsts), np.int64)
    for start in range(0, len(firsts), CHUNK):
        limits, distances, found = index.range_search(hashes[firsts[start : start + CHUNK]], distance + 1)
        _remove_later(kept_for, bits, start=start, limits=limits, found=found, distances=distances)
    place = np.searchsorted(firsts, first[group.ravel()])
    kept = np.where(kept_for[place] >= 0, firsts[kept_for[place]], firsts[place])
    removed = np.flatnonzero(kept != np.arange(len(hashes)))
    return removed, kept[removed], bits[place[removed]]


def near_embeddings(embeddings: Float[np.ndarray, "item channel"], *, distance: float) -> Removals:
    """Items whose embedding, of length 1, is closer than `distance` (1 - cosine) to that of an earlier one."""
    vectors = np.ascontiguousarray(embeddings, np.float32)
    faiss.normalize_L2(vectors)
    least = np.float32(1 - distance)
    staying = faiss.IndexFlatIP(vectors.shape[1])
    numbers: list[int] = []
    kept_for, far = np.full(len(vectors), -1), np.zeros(len(vectors))
    for start in range(0, len(vectors), CHUNK):
        fresh = np.arange(start, min(start + CHUNK, len(vectors)))
        if numbers:
            cosines, nearest = (found[:, 0] for found in staying.search(vectors[fresh], 1))
            near = cosines > least
            kept_for[fresh[near]], far[fresh[near]] = np.array(numbers)[nearest[near]], 1 - cosines[near]
            fresh = fresh[~near]
        _remove_within(vectors, fresh, kept_for=kept_for, far=far, least=least)
        stay = fresh[kept_for[fresh] < 0]
        staying.add(vectors[stay])
        numbers += stay.tolist()
    removed = np.flatnonzero(kept_for >= 0)
    return removed, kept_for[removed], np.maximum(far[removed], 0)


def centers(embeddings: Float[np.ndarray, "item channel"], *, count: int, seed: int) -> Float[np.ndarray, "cluster channel"]:
    """Of spherical k-means."""
    vectors = np.ascontiguousarray(embeddings, np.float32)
    use_same_threads()
    # It warns below 39 items a cluster; how many clusters there are is the user's choice.
    kmeans = faiss.Kmeans(vectors.shape[1], count, seed=seed, spherical=True, niter=20, min_points_per_centroid=1)
    kmeans.train(vectors)
    return np.asarray(kmeans.centroids)


def nearest_centers(embeddings: Float[np.ndarray, "item channel"], centers: Float[np.ndarray, "cluster channel"]) -> np.ndarray:
    """For each item the number of the cluster that it belongs to."""
    use_same_threads()
    index = faiss.IndexFlatIP(centers.shape[1])
    index.add(np.ascontiguousarray(centers, np.float32))
    found: np.ndarray = index.search(np.ascontiguousarray(embeddings, np.float32), 1)[1][:, 0]
    return found


def _remove_within(vectors: np.ndarray, items: np.ndarray, *, kept_for: np.ndarray, far: np.ndarray, least: np.float32) -> None:
    """Remove those of some items that are near to an earlier one of them that stays."""
    if not len(items):
        return
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors[items])
    limits, cosines, found = index.range_search(vectors[items], float(least))
    own, own_far = np.full(len(items), -1), np.zeros(len(items))
    _remove_later(own, own_far, start=0, limits=limits, found=found, distances=1 - cosines)
    removed = own >= 0
    kept_for[items[removed]], far[items[removed]] = items[own[removed]], own_far[removed]


def _remove_later(
    kept_for: np.ndarray, far: np.ndarray, *, start: int, limits: np.ndarray, found: np.ndarray, distances: np.ndarray
) -> None:
    """Go through items from `start` on with what was found near each: one that stays removes the later ones of them."""
    for item, (begin, end) in enumerate(zip(limits[:-1].astype(int), limits[1:].astype(int), strict=True), start=start):
        if kept_for[item] >= 0 or end - begin < 2:
            continue
        near, apart = found[begin:end], distances[begin:end]
        later = (near > item) & (kept_for[near] < 0)
        kept_for[near[later]], far[near[later]] = item, apart[later]
