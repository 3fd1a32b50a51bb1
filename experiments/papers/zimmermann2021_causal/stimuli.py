"""Stimuli of the occlusion prediction: batches of images by rank, one image of each occluded, and the other references."""

import io

import numpy as np
from PIL import Image

from experiments.contract.artifacts import Manifest, Product, StoredFile, Workshop
from experiments.contract.fields import Json, require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import Blur, Occlusion, StimulusSet
from experiments.methods.batches import (
    link,
    natural_batches,
    rank_bins,
    repeats_within,
    setting,
    unit_recipe,
    visualization,
)
from experiments.methods.occlusion_rules import rule_choices
from experiments.papers.zimmermann2021_causal.layout import MIXED_SYNTHETIC, REFERENCES


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
    batches: list[list[StoredFile]] = [
        [link(exemplars, f"max_{rank:03d}", to=f"batch{batch}/reference_{place}") for place, rank in enumerate(ranks)]
        for batch, ranks in enumerate(_reference_ranks(recipe, count))
    ]
    effects, parents, queries = [], [exemplars.digest], []
    for batch, rank in enumerate(rank_bins(count)[-1]):
        occluded = workshop.obtain(
            unit_recipe(Occlusion, recipe, fields={**_square(recipe), "fill": setting(recipe, "fill"), "rank": rank})
        )
        batches[batch].append(link(occluded, "base", to=f"batch{batch}/base"))
        queries += [link(occluded, name, to=f"batch{batch}/{name}") for name in ("min", "max")]
        effects.append(_effect(occluded, workshop, size=setting(recipe, "pool_resolution")))
        parents.append(occluded.digest)
    files = [file for batch in batches for file in batch] + queries
    values = {
        "batches": count,
        "sources": exemplars.values["sources"],
        "effects": effects,
        **repeats_within(batches),
    }
    return Product(linked_files=files, values=values, parents=parents)


def _blur(recipe: StimulusSet, workshop: Workshop) -> Product:
    """The references of every batch, blurred but for the square that leaves the activation highest."""
    count, _ = natural_batches(recipe, workshop, sign="max")
    files, parents = [], []
    for batch, ranks in enumerate(_reference_ranks(recipe, count)):
        for place, rank in enumerate(ranks):
            blurred = workshop.obtain(unit_recipe(Blur, recipe, fields={**_square(recipe), "rank": rank}))
            files.append(link(blurred, "max", to=f"batch{batch}/reference_{place}"))
            parents.append(blurred.digest)
    return Product(linked_files=files, values={"batches": count}, parents=parents)


def _synthetic(recipe: StimulusSet, workshop: Workshop) -> Product:
    """One diverse batch, the same for all batches of queries."""
    return _diverse(recipe, workshop, batch=REFERENCES)


def _mixed(recipe: StimulusSet, workshop: Workshop) -> Product:
    """One diverse batch of the few that stand beside natural references; optimized for themselves, not taken from nine."""
    return _diverse(recipe, workshop, batch=MIXED_SYNTHETIC)


def _diverse(recipe: StimulusSet, workshop: Workshop, *, batch: int) -> Product:
    made = workshop.obtain(visualization(recipe, sign="max", batch=batch, diversity=setting(recipe, "diversity")))
    files = [link(made, f"image_{i}", to=f"reference_{i}") for i in range(batch)]
    values = {name: made.values[name] for name in ("activations", "best_natural", "beats_natural")}
    return Product(linked_files=files, values=values, parents=[made.digest])


def _reference_ranks(recipe: StimulusSet, count: int) -> list[list[int]]:
    """For each batch the ranks of its references, the weakest first: one of each bin but the strongest."""
    rng = generator(setting(recipe, "seed"))
    places = [shuffled(bin_, rng) for bin_ in rank_bins(count)[:-1]]
    return [[place[batch] for place in places] for batch in range(count)]


def _square(recipe: StimulusSet) -> dict[str, Json]:
    """The fields of the square that slides over an image."""
    fields = {name: setting(recipe, name) for name in ("patch", "stride", "shown_size")}
    # The size at which the ranks were found: at another one the same image may leave the unit cold.
    return {**fields, "size": setting(recipe, "pool_resolution")}


def _effect(occluded: Manifest, workshop: Workshop, *, size: int) -> dict[str, Json]:
    """The activations of an occluded image, their relative difference, and which copy each baseline chooses.

    No relative difference where the whole image does not activate.
    """
    activations = {name: occluded.values[name] for name in ("base", "min", "max")}
    base = activations["base"]
    difference = (activations["max"] - activations["min"]) / base if base else None
    pixels = np.asarray(Image.open(io.BytesIO(workshop.store.read_blob(occluded.file("base").sha256))))
    positions = {name: tuple(occluded.values[f"{name}_position"]) for name in ("min", "max")}
    choices = rule_choices(pixels, positions=positions, patch=occluded.values["patch"], size=size)
    return {**activations, "relative_difference": difference, **choices}


PARTS = {"natural": _natural, "synthetic": _synthetic, "mixed": _mixed, "blur": _blur}
