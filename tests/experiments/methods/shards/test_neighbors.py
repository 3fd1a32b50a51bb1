"""Greedy removal of neighbors with faiss: the same as comparing every pair, beside torch in one process."""

import numpy as np
import pytest
import torch

from experiments.methods.shards import neighbors

pytestmark = pytest.mark.unit


def greedy(near: np.ndarray) -> dict[int, int]:
    """What is removed for what, from a table of who is near whom: the earliest that stays removes the later ones."""
    kept_for: dict[int, int] = {}
    for item in range(len(near)):
        if item not in kept_for:
            kept_for |= {int(later): item for later in np.flatnonzero(near[item]) if later > item and later not in kept_for}
    return kept_for


@pytest.mark.parametrize("distance", range(8))
def test_hashes_close_by_are_all_found(distance: int):
    rng = np.random.default_rng(distance)
    bits = np.repeat(rng.integers(0, 2, (40, 64)), 8, axis=0)
    # Each is its group's hash with up to nine bits turned; some stay equal.
    for row, turned in enumerate(rng.integers(0, 10, len(bits))):
        bits[row, rng.choice(64, turned, replace=False)] ^= 1
    order = rng.permutation(len(bits))
    bits = bits[order]

    removed, kept, apart = neighbors.near_hashes(np.packbits(bits, axis=1), distance=distance)

    table = (bits[:, None] != bits[None]).sum(axis=2)
    assert dict(zip(removed.tolist(), kept.tolist(), strict=True)).keys() == greedy(table <= distance).keys()
    assert apart.max() <= distance
    assert set(kept) & set(removed) == set()


@pytest.mark.parametrize("chunk", [7, 4096])
def test_embeddings_close_by_are_those_of_all_pairs(chunk: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(neighbors, "CHUNK", chunk)
    rng = np.random.default_rng(0)
    vectors = np.repeat(rng.normal(size=(30, 16)), 6, axis=0) + 0.25 * rng.normal(size=(180, 16))
    vectors = rng.permutation(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    removed, kept, far = neighbors.near_embeddings(vectors, distance=0.124)

    cosine = vectors.astype(float) @ vectors.T.astype(float)
    expected = greedy(cosine > 1 - 0.124)
    assert 60 < len(expected) < 150
    assert set(removed.tolist()) == expected.keys()
    assert set(kept) & set(removed) == set()
    np.testing.assert_allclose(far, 1 - cosine[removed, kept], atol=1e-5)
    assert (far < 0.124).all()


def test_many_equal_items_leave_the_first():
    removed, kept, _ = neighbors.near_hashes(np.full((5000, 8), 7, np.uint8), distance=3)
    others, kept_others, _ = neighbors.near_embeddings(np.ones((5000, 4)) / 2, distance=0.1)

    assert (len(removed), set(kept)) == (4999, {0})
    assert (len(others), set(kept_others)) == (4999, {0})


def test_centers_separate_clusters_and_torch_works_beside_them():
    rng = np.random.default_rng(1)
    directions = np.eye(3, 8)
    vectors = np.repeat(directions, 40, axis=0) + 0.05 * rng.normal(size=(120, 8))

    found = neighbors.centers(vectors, count=3, seed=0)
    again = neighbors.centers(vectors, count=3, seed=0)
    product = torch.ones(200, 200) @ torch.ones(200, 200)

    clusters = neighbors.nearest_centers(vectors, found).reshape(3, 40)
    assert (clusters == clusters[:, :1]).all()
    assert len(set(clusters[:, 0])) == 3
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found, again)
    assert float(product.min()) == 200
