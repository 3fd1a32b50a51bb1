"""Stimuli of the laboratory 2-AFC: batches of natural images with the strongest as queries, and a synthetic batch per sign."""

from experiments.contract.artifacts import Product, StoredFile, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import StimulusSet
from experiments.methods.batches import SIGNS, link, rank_bins, setting, two_sided_batches, visualization
from experiments.papers.borowski2021_exemplary.layout import REFERENCES


def make(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Make one part.

    Raises:
        InputError: The part is unknown, a setting is unfit, or the pool is too small.
    """
    require(recipe.part in PARTS, "part", f"{recipe.part!r} is unknown", f"Choose one of {', '.join(PARTS)}")
    return PARTS[recipe.part](recipe, workshop)


def _natural(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Per sign the most extreme images are queries, the next ones references; every batch gets one of each bin of ranks."""
    return two_sided_batches(recipe, workshop, bins=rank_bins)


def _synthetic(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Per sign one diverse batch, the most extreme image last."""
    files: list[StoredFile] = []
    values: dict[str, object] = {}
    parents: list[str] = []
    for sign in SIGNS:
        made = workshop.obtain(visualization(recipe, sign=sign, batch=REFERENCES, diversity=setting(recipe, "diversity")))
        activations = made.values["activations"]
        order = sorted(range(REFERENCES), key=lambda i: activations[i], reverse=sign == "min")
        files += [link(made, f"image_{i}", to=f"{sign}_{place}") for place, i in enumerate(order)]
        reached = {name: [made.values[name][i] for i in order] for name in ("activations", "beats_natural")}
        values[sign] = {**reached, "best_natural": made.values["best_natural"]}
        parents.append(made.digest)
    return Product(linked_files=files, values=values, parents=parents)


PARTS = {"natural": _natural, "synthetic": _synthetic}
