"""Stimuli of the web 2-AFC: fair batches of natural images by rank, harder queries, and diverse synthetic images per sign."""

import math
from collections.abc import Callable, Mapping
from functools import partial

from experiments.contract.artifacts import Manifest, Product, StoredFile, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import Exemplars, Sign, StimulusSet
from experiments.methods.batches import (
    SIGNS,
    link,
    natural_batches,
    rank_bins,
    same_image,
    setting,
    two_sided_batches,
    unit_recipe,
    visualization,
)
from experiments.papers.zimmermann2023_scale.layout import QUANTILES, QUERY, REFERENCES

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
    return two_sided_batches(recipe, workshop, bins=_queries_last)


def _queries_last(count: int) -> list[list[int]]:
    """The bins of ranks, the weakest as that of the queries."""
    queries, *references = rank_bins(count)
    return [*references, queries]


def _harder(recipe: StimulusSet, workshop: Workshop, *, quantile: float) -> Product:
    """For each batch a query of each sign from a quantile on, beyond all references; the batches are those of `natural`.

    Raises:
        InputError: The quantile lies among the references, because the pool is small.
    """
    count, natural = natural_batches(recipe, workshop, sign="both")
    fields = {"sign": "both", "size": setting(recipe, "shown_size"), "k": count, "quantile": quantile}
    harder = workshop.obtain(unit_recipe(Exemplars, recipe, fields=fields))
    possible = min(batches_beyond(natural, harder, sign, batches=count) for sign in SIGNS)
    if possible < count:
        raise _too_few(natural.values["sources"], quantile, batches=count, possible=possible)
    rng = generator(setting(recipe, "seed"))
    files: list[StoredFile] = []
    for sign in SIGNS:
        for batch, rank in enumerate(shuffled(range(count), rng)):
            files.append(link(harder, f"{sign}_{rank:03d}", to=f"batch{batch}/{sign}_{QUERY}"))
    values = {"batches": count, "sources": natural.values["sources"], "quantile": quantile}
    return Product(linked_files=files, values=values, parents=[harder.digest])


def batches_beyond(natural: Manifest, harder: Manifest, sign: Sign, *, batches: int) -> int:
    """To how many of the batches the queries are harder: none is among their references, nor more extreme than one."""
    direction = 1 if sign == "max" else -1
    queries = [harder.file(f"{sign}_{rank:03d}") for rank in range(batches)]
    strongest = direction * queries[0].about["activation"]
    for count in range(batches, 0, -1):
        references = [natural.file(f"{sign}_{rank:03d}") for rank in range(REFERENCES * count)]
        is_beyond = strongest <= direction * references[-1].about["activation"]
        if is_beyond and not any(same_image(query, reference) for query in queries for reference in references):
            return count
    return 0


def _too_few(sources: int, quantile: float, *, batches: int, possible: int) -> InputError:
    references = REFERENCES * batches
    needed = math.ceil(references / (1 - quantile))
    larger = f"a pool of at least {needed} sources" if needed > sources else "a pool with more sources"
    place = f"the {100 * quantile:g}th percentile of its {sources} sources"
    return InputError(
        field="pool",
        message=f"queries from {place} lie among the {references} references of a sign",
        remedy=f"Set max_batches to at most {possible}, or give {larger}" if possible else f"Give {larger}",
    )


def _synthetic(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Per sign eight diverse images and, last, one that is optimized alone.

    A unit whose weakest diverse images stay below the natural ones for both signs is flagged `below_natural`, not left out.
    """
    files: list[StoredFile] = []
    values: dict[str, object] = {}
    parents: list[str] = []
    below: list[bool] = []
    for sign in SIGNS:
        weight, how = setting(recipe, "diversity"), ("early_stop", "diversity_search")
        diverse = workshop.obtain(visualization(recipe, sign=sign, batch=DIVERSE, diversity=weight, more=how))
        single = workshop.obtain(visualization(recipe, sign=sign, batch=1, diversity=0.0, more=("early_stop",)))
        files += [link(diverse, f"image_{i}", to=f"{sign}_{i}") for i in range(DIVERSE)]
        files.append(link(single, "image_0", to=f"{sign}_{DIVERSE}"))
        values[sign] = _reached(diverse, single)
        parents += [diverse.digest, single.digest]
        below.append(diverse.values["below_natural"])
    values["below_natural"] = all(below)
    return Product(linked_files=files, values=values, parents=parents)


def _reached(diverse: Manifest, single: Manifest) -> dict[str, object]:
    """Activations in the order of the files, beside the most extreme natural one."""
    joined = {name: [*diverse.values[name], *single.values[name]] for name in ("activations", "beats_natural")}
    found = {name: diverse.values[name] for name in ("diversity", "below_natural")}
    return {**joined, **found, "best_natural": single.values["best_natural"]}


PARTS: Mapping[str, Callable[[StimulusSet, Workshop], Product]] = {
    "natural": _natural,
    "synthetic": _synthetic,
    **{part: partial(_harder, quantile=quantile) for part, quantile in QUANTILES.items()},
}
