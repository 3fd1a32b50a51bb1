"""Makers around clusters of embeddings: their centers, a shard sorted by cluster, and the search within clusters."""

import io
from collections.abc import Sequence

import numpy as np

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import ClusteredShard, ClusterSearch, CopySearch, EmbeddingClusters
from experiments.methods.natural import OTHER_WEIGHTS
from experiments.methods.shards.contents import BINARY
from experiments.methods.shards.copies import left_by, left_name, ranked
from experiments.methods.shards.fingerprints import Fingerprints, array_bytes
from experiments.methods.shards.listed import listed_shards
from experiments.methods.shards.neighbors import centers, near_embeddings, nearest_centers, use_same_threads
from experiments.methods.shards.relations import Relations

PER_CLUSTER, LARGEST_SAMPLE = 256, 2_000_000
"""Embeddings from which a center is learned, more hardly move it; and at most so many in all, for they are held in memory."""
IMAGES_OF_CLUSTER = 8000
"""Where the number of clusters is left out; as published, 50,000 for 400 million images (clip-ood, deduplication)."""
OFFSET_BYTES = 8


def make_centers(recipe: EmbeddingClusters, workshop: Workshop) -> Product:
    """Learn the centers from embeddings drawn of all shards, copies left out.

    Raises:
        InputError: There are fewer images than clusters.
    """
    copies = workshop.obtain(recipe.as_part(CopySearch))
    shards = listed_shards(recipe.listing, store=workshop.store)
    alive = [left_by(copies, number, workshop=workshop) for number in range(len(shards))]
    images = sum(len(rows) for rows in alive)
    remedy = f"Give at most {images} clusters, better a hundredth of that"
    clusters = recipe.clusters or max(1, round(images / IMAGES_OF_CLUSTER))
    require(images >= clusters, "clusters", f"there are {images} different images, fewer than {clusters}", remedy)
    wanted = min(images, PER_CLUSTER * clusters, LARGEST_SAMPLE)
    drawn = np.sort(np.random.default_rng(recipe.seed).choice(images, size=wanted, replace=False))
    made = workshop.obtain_all([recipe.fingerprints(shard) for shard in shards])
    weights = made[0].values["weights_sha256"]
    sampled, first = [], 0
    for number, (prints, rows) in enumerate(zip(made, alive, strict=True)):
        workshop.report(number, len(alive), "embeddings for clusters")
        own = drawn[(drawn >= first) & (drawn < first + len(rows))] - first
        sampled.append(_embeddings(prints, weights=weights, workshop=workshop)[rows[own]])
        first += len(rows)
    found = centers(np.concatenate(sampled, dtype=np.float32), count=clusters, seed=recipe.seed)
    file = NewFile(name="centers", content=array_bytes(found), media_type=BINARY)
    values = {"images": images, "clusters": clusters, "sampled": wanted, "weights_sha256": weights}
    return Product(new_files=[file], values=values, parents=[copies.digest])


def make_clustered(recipe: ClusteredShard, workshop: Workshop) -> Product:
    """Sort a shard by cluster: records of sample, pixels and embedding, and where each cluster begins among them."""
    copies, found = workshop.obtain(recipe.as_part(CopySearch)), workshop.obtain(recipe.as_part(EmbeddingClusters))
    shard = workshop.obtain(recipe.fingerprints(listed_shards(recipe.listing, store=workshop.store)[recipe.number]))
    rows = left_by(copies, recipe.number, workshop=workshop)
    embeddings = _embeddings(shard, weights=found.values["weights_sha256"], workshop=workshop)[rows]
    centers_of_all = np.load(io.BytesIO(workshop.store.read_blob(found.file("centers").sha256)))
    cluster = nearest_centers(embeddings, centers_of_all)
    order = np.argsort(cluster, kind="stable")
    records = np.zeros(len(rows), _record(embeddings.shape[1]))
    records["sample"] = copies.file(left_name(recipe.number)).about["first"] + rows[order]
    records["pixels"] = Fingerprints.of(shard, store=workshop.store).sizes[rows[order]]
    records["embedding"] = embeddings[order]
    offsets = np.searchsorted(cluster[order], np.arange(len(centers_of_all) + 1)).astype(np.int64)
    files = [
        NewFile(name="records", content=records.tobytes(), media_type=BINARY),
        NewFile(name="offsets", content=offsets.tobytes(), media_type=BINARY),
    ]
    values = {"images": len(rows), "channels": embeddings.shape[1]}
    return Product(new_files=files, values=values, parents=[found.digest, shard.digest])


def make_search(recipe: ClusterSearch, workshop: Workshop) -> Product:
    """Compare the embeddings within some clusters, cluster after cluster."""
    shards = listed_shards(recipe.listing, store=workshop.store)
    made = workshop.obtain_all([recipe.as_part(ClusteredShard, number=number) for number in range(len(shards))])
    clusters = workshop.obtain(recipe.as_part(EmbeddingClusters)).values["clusters"]
    use_same_threads()
    first = recipe.number * recipe.clusters_per_part
    last = min(first + recipe.clusters_per_part, clusters)
    found = [Relations.found("embedding", removed=np.zeros(0), kept=np.zeros(0), distance=np.zeros(0))]
    for cluster in range(first, last):
        workshop.report(cluster - first, last - first, "comparing embeddings")
        found.append(_search(_cluster(made, cluster, workshop=workshop), distance=recipe.distance))
    relations = Relations.joined(found)
    values = {"removed": len(relations.removed)}
    return Product(new_files=[relations.as_file()], values=values, parents=[one.digest for one in made])


def _search(records: np.ndarray, *, distance: float) -> Relations:
    by_rank = records[ranked(np.arange(len(records)), sizes=records["pixels"])]
    removed, kept, far = near_embeddings(by_rank["embedding"], distance=distance)
    return Relations.found("embedding", removed=by_rank["sample"][removed], kept=by_rank["sample"][kept], distance=far)


def _cluster(shards: Sequence[Manifest], cluster: int, *, workshop: Workshop) -> np.ndarray:
    """The records of a cluster in all shards, in the order of the samples but for their rank within a shard."""
    record = _record(shards[0].values["channels"])
    store, at = workshop.store, OFFSET_BYTES * cluster
    ends = store.read_ranges([(one.file("offsets").sha256, at, at + 2 * OFFSET_BYTES) for one in shards])
    limits = [record.itemsize * np.frombuffer(pair, np.int64) for pair in ends]
    ranges = [
        (one.file("records").sha256, int(start), int(stop))
        for one, (start, stop) in zip(shards, limits, strict=True)
        if stop > start
    ]
    parts = store.read_ranges(ranges) if ranges else []
    return np.frombuffer(b"".join(parts), record)


def _record(channels: int) -> np.dtype[np.void]:
    return np.dtype([("sample", np.int64), ("pixels", np.int64), ("embedding", np.float16, (channels,))])


def _embeddings(prints: Manifest, *, weights: str, workshop: Workshop) -> np.ndarray:
    """Of all samples of a shard, float16.

    Raises:
        InputError: They were made with other weights.
    """
    own = prints.values["weights_sha256"]
    message = f"the fingerprints {prints.digest[:12]} were made with weights {own}, those of other shards with {weights}"
    require(own == weights, "model", message, OTHER_WEIGHTS)
    embeddings: np.ndarray = np.load(io.BytesIO(workshop.store.read_blob(prints.file("embeddings").sha256)))
    return embeddings
