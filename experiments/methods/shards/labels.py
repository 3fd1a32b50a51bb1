"""Maker of domain labels of the images of a shard, and the keys of each domain, shard by shard."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import build
from experiments.contract.recipes import ShardContents, ShardLabels
from experiments.datasets.domains import Domain
from experiments.methods.domains.labelling import domains_of
from experiments.methods.shards.contents import BINARY, Contents, require_unchanged
from experiments.methods.shards.fingerprints import array_bytes
from experiments.methods.shards.listed import Listed
from experiments.methods.shards.looking import Seen, look
from model_zoo.catalogue import MADE_HERE, card

DOMAINS: tuple[Domain, ...] = get_args(Domain)
UNREADABLE = -1
BATCH = 64


def make(recipe: ShardLabels, workshop: Workshop) -> Product:
    """Ask the classifier about every image of a shard.

    Raises:
        InputError: The shard changed since it was listed, or the model is no domain classifier.
    """
    listed = workshop.obtain(build(ShardContents, {name: getattr(recipe, name) for name in ("path", "bytes", "modified_ns")}))
    spans = Contents.of(listed, store=workshop.store).images
    path = Path(recipe.path)
    labels = np.full(len(spans), UNREADABLE, np.int8)
    require_unchanged(recipe)
    side = card(recipe.classifier).input_size
    for first in range(0, len(spans), BATCH):
        workshop.report(first, len(spans), f"domains of {path.name}")
        seen = enumerate(look(path, spans[first : first + BATCH], shorter_side=2 * side), start=first)
        whole = {row: np.asarray(one.image) for row, one in seen if isinstance(one, Seen)}
        domains = domains_of(recipe.classifier, whole.values(), device=workshop.device) if whole else []
        labels[[*whole]] = [DOMAINS.index(domain) for domain in domains]
    require_unchanged(recipe)
    counts: dict[str, int] = {domain: int((labels == place).sum()) for place, domain in enumerate(DOMAINS)}
    file = NewFile(name="labels", content=array_bytes(labels), media_type=BINARY)
    name = recipe.classifier
    made_here = workshop.store.digests(name.removeprefix(MADE_HERE)) if name.startswith(MADE_HERE) else []
    unreadable = int((labels == UNREADABLE).sum())
    return Product(new_files=[file], values={**counts, "unreadable": unreadable}, parents=[listed.digest, *made_here])


def keys_by_domain(listed: Listed, labelled: Sequence[Manifest]) -> Iterator[dict[str, list[str]]]:
    """Of shard after shard the keys of each domain, and those that are `unreadable`."""
    for contents, one in zip(listed.contents(), labelled, strict=True):
        lists: dict[str, list[str]] = {name: [] for name in (*DOMAINS, "unreadable")}
        labels = np.load(io.BytesIO(listed.store.read_blob(one.file("labels").sha256)))
        for key, place in zip(contents.keys, labels, strict=True):
            lists["unreadable" if place == UNREADABLE else DOMAINS[place]].append(key)
        yield lists
