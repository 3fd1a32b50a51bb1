"""Stimuli of the occlusion prediction: batches of images by rank, one image of each occluded, and synthetic references."""

from experiments.contract.artifacts import Product, StoredFile, Workshop
from experiments.contract.fields import require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import Occlusion, StimulusSet
from experiments.methods.batches import (
    link,
    natural_batches,
    rank_bins,
    repeats_within,
    setting,
    unit_recipe,
    visualization,
)

REFERENCES = 9


def make(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Make one part.

    Raises:
        InputError: The part is unknown, a setting is unfit, or the pool is too small.
    """
    require(recipe.part in PARTS, "part", f"{recipe.part!r} is unknown", f"Choose one of {', '.join(PARTS)}")
    return PARTS[recipe.part](recipe, workshop)


def _natural(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Every batch gets one image of each bin of ranks; that of the strongest bin is occluded, the others are references."""
    count, exemplars = natural_batches(recipe, workshop, sign="max")
    rng = generator(setting(recipe, "seed"))
    *reference_bins, bases = rank_bins(count)
    batches: list[list[StoredFile]] = [[] for _ in range(count)]
    for place, bin_ in enumerate(reference_bins):
        for batch, rank in enumerate(shuffled(bin_, rng)):
            batches[batch].append(link(exemplars, f"max_{rank:03d}", to=f"batch{batch}/reference_{place}"))
    names = ("patch", "stride", "fill", "shown_size")
    # The size at which the ranks were found: at another one the same image may leave the unit cold.
    fields = {name: setting(recipe, name) for name in names} | {"size": setting(recipe, "pool_resolution")}
    effects, parents, queries = [], [exemplars.digest], []
    for batch, rank in enumerate(bases):
        occluded = workshop.obtain(unit_recipe(Occlusion, recipe, fields={**fields, "rank": rank}))
        batches[batch].append(link(occluded, "base", to=f"batch{batch}/base"))
        queries += [link(occluded, name, to=f"batch{batch}/{name}") for name in ("min", "max")]
        effects.append(_effect({name: occluded.values[name] for name in ("base", "min", "max")}))
        parents.append(occluded.digest)
    files = [file for batch in batches for file in batch] + queries
    values = {
        "batches": count,
        "sources": exemplars.values["sources"],
        "effects": effects,
        **repeats_within(batches),
    }
    return Product(linked_files=files, values=values, parents=parents)


def _effect(activations: dict[str, float]) -> dict[str, float | None]:
    """The activations of an occluded image and their relative difference; none where the whole image does not activate."""
    base = activations["base"]
    return {**activations, "relative_difference": (activations["max"] - activations["min"]) / base if base else None}


def _synthetic(recipe: StimulusSet, workshop: Workshop) -> Product:
    """One diverse batch, the same for all batches of queries."""
    made = workshop.obtain(visualization(recipe, sign="max", batch=REFERENCES, diversity=setting(recipe, "diversity")))
    files = [link(made, f"image_{i}", to=f"reference_{i}") for i in range(REFERENCES)]
    values = {name: made.values[name] for name in ("activations", "best_natural", "beats_natural")}
    return Product(linked_files=files, values=values, parents=[made.digest])


PARTS = {"natural": _natural, "synthetic": _synthetic}
