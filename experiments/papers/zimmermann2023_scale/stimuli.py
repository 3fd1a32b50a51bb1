"""Stimuli of the web 2-AFC: fair batches of natural images by rank, and one diverse batch of synthetic ones per sign."""

from experiments.contract.artifacts import Manifest, Product, StoredFile, Workshop
from experiments.contract.fields import require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import StimulusSet
from experiments.methods.batches import (
    link,
    natural_batches,
    rank_bins,
    repeats_within,
    setting,
    visualization,
)

SIGNS = ("min", "max")
DIVERSE = 8


def make(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Make one part.

    Raises:
        InputError: The part is unknown, a setting is unfit, or the pool is too small.
    """
    require(recipe.part in PARTS, "part", f"{recipe.part!r} is unknown", f"Choose one of {', '.join(PARTS)}")
    return PARTS[recipe.part](recipe, workshop)


def _natural(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Per sign the most extreme images are references, the next ones queries; every batch gets one of each bin of ranks."""
    count, exemplars = natural_batches(recipe, workshop, sign="both")
    rng = generator(setting(recipe, "seed"))
    batches: list[list[StoredFile]] = [[] for _ in range(count)]
    for sign in SIGNS:
        queries, *references = rank_bins(count)
        for place, bin_ in enumerate([*references, queries]):
            for batch, rank in enumerate(shuffled(bin_, rng)):
                batches[batch].append(link(exemplars, f"{sign}_{rank:03d}", to=f"batch{batch}/{sign}_{place}"))
    files = [file for batch in batches for file in batch]
    values = {"batches": count, "sources": exemplars.values["sources"], **repeats_within(batches)}
    return Product(linked_files=files, values=values, parents=[exemplars.digest])


def _synthetic(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Per sign eight diverse images and, last, one that is optimized alone."""
    files: list[StoredFile] = []
    values: dict[str, object] = {}
    parents: list[str] = []
    for sign in SIGNS:
        diverse = workshop.obtain(visualization(recipe, sign=sign, batch=DIVERSE, diversity=setting(recipe, "diversity")))
        single = workshop.obtain(visualization(recipe, sign=sign, batch=1, diversity=0.0))
        files += [link(diverse, f"image_{i}", to=f"{sign}_{i}") for i in range(DIVERSE)]
        files.append(link(single, "image_0", to=f"{sign}_{DIVERSE}"))
        values[sign] = _reached(diverse, single)
        parents += [diverse.digest, single.digest]
    return Product(linked_files=files, values=values, parents=parents)


def _reached(diverse: Manifest, single: Manifest) -> dict[str, object]:
    """Activations in the order of the files, beside the most extreme natural one."""
    joined = {name: [*diverse.values[name], *single.values[name]] for name in ("activations", "beats_natural")}
    return {**joined, "best_natural": single.values["best_natural"]}


PARTS = {"natural": _natural, "synthetic": _synthetic}
