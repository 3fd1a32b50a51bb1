"""Maker of de-duplications: has the searches made, and tells which samples are kept and which are removed for which."""

import csv
import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.recipes import ClusteredShard, ClusterSearch, CopySearch, Deduplication, EmbeddingClusters
from experiments.methods.exemplars import png_file
from experiments.methods.shards.contact_sheet import contact_sheet
from experiments.methods.shards.fingerprints import Fingerprints
from experiments.methods.shards.listed import Listed, listed_shards
from experiments.methods.shards.relations import HOW, Relations


def make(recipe: Deduplication, workshop: Workshop) -> Product:
    """Search for copies in all shards, then for close embeddings in the clusters of what is left."""
    copies = workshop.obtain(recipe.as_part(CopySearch))
    shards = listed_shards(recipe.listing, store=workshop.store)
    # Asked for here, because a search that misses them would make all of them itself.
    centers = workshop.obtain(recipe.as_part(EmbeddingClusters))
    workshop.obtain_all([recipe.as_part(ClusteredShard, number=number) for number in range(len(shards))])
    parts = -(-centers.values["clusters"] // recipe.clusters_per_part)
    searches = workshop.obtain_all([recipe.as_part(ClusterSearch, number=number) for number in range(parts)])
    relations = Relations.joined([Relations.of(one, store=workshop.store) for one in (copies, *searches)]).rooted()
    listed = Listed.of(recipe.listing, workshop)
    made = workshop.obtain_all([recipe.fingerprints(shard) for shard in listed.shards])
    unreadable = _unreadable(made, listed=listed, workshop=workshop)
    stays = np.ones(len(listed), bool)
    stays[relations.removed] = False
    stays[[sample for sample, _ in unreadable]] = False
    files = [
        NewFile(name="kept.txt", content=_kept(stays, listed=listed), media_type="text/plain"),
        NewFile(name="duplicates.csv", content=_duplicates(relations, listed=listed), media_type="text/csv"),
        NewFile(name="unreadable.csv", content=_reasons(unreadable, listed=listed), media_type="text/csv"),
    ]
    if len(relations.removed):
        files.append(png_file("groups.png", contact_sheet(relations, listed=listed), about={}))
    values = {
        **listed.lost,
        "kept": int(stays.sum()),
        "unreadable": len(unreadable),
        "removed": relations.counts(),
        "clusters": centers.values["clusters"],
    }
    return Product(new_files=files, values=values, parents=[copies.digest, *(one.digest for one in searches)])


def _unreadable(made: Sequence[Manifest], *, listed: Listed, workshop: Workshop) -> list[tuple[int, str]]:
    prints = (Fingerprints.of(one, store=workshop.store) for one in made)
    return [
        (int(first) + row, reason)
        for first, one in zip(listed.offsets[:-1], prints, strict=True)
        for row, reason in one.unreadable.items()
    ]


def _kept(stays: Bool[np.ndarray, " sample"], *, listed: Listed) -> bytes:
    shards = zip(listed.contents(), np.split(stays, listed.offsets[1:-1]), strict=True)
    return b"".join(
        "".join(f"{contents.keys[row]}\n" for row in np.flatnonzero(own).tolist()).encode() for contents, own in shards
    )


def _duplicates(relations: Relations, *, listed: Listed) -> bytes:
    keys = listed.keys(np.concatenate([relations.removed, relations.kept]))
    rows = zip(relations.removed, relations.kept, relations.how, relations.distance, strict=True)
    return _csv(
        ("removed", "kept", "how", "distance"),
        [(keys[int(removed)], keys[int(kept)], HOW[how], f"{distance:.4g}") for removed, kept, how, distance in rows],
    )


def _reasons(unreadable: Sequence[tuple[int, str]], *, listed: Listed) -> bytes:
    samples: Int64[np.ndarray, " sample"] = np.array([sample for sample, _ in unreadable], np.int64)
    keys = listed.keys(samples)
    return _csv(("key", "reason"), [(keys[sample], reason) for sample, reason in unreadable])


def _csv(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerows([heading, *rows])
    return content.getvalue().encode()
