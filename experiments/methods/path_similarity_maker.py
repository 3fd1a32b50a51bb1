"""Maker of path similarities: finds the natural images of each class, obtains its visualizations, and compares layer by layer."""

import dataclasses
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import ActivationIndex, FeatureVisualization, PathSimilarity
from experiments.methods.exemplars import as_tensor
from experiments.methods.folder_labels import folder_label, require_labels
from experiments.methods.layer_paths import Paths, layer_paths
from experiments.methods.natural import require_weights
from experiments.methods.path_similarity import MEASURES, Measure, class_similarities, over_classes
from experiments.methods.pool_listing import ListedPool
from model_zoo.catalogue import card
from model_zoo.loading import load

Members = Mapping[int, Sequence[int]]
"""By class the numbers of its images in the pool, of different sources."""
Vectors = Float[np.ndarray, "image dimension"]


def make(recipe: PathSimilarity, workshop: Workshop) -> Product:
    """Compare the visualizations of each class with its natural images, and both with those of other classes.

    Raises:
        InputError: Fewer than two classes have enough images, the network's classes are not those of the folders, or the index
            was made with other weights.
    """
    if recipe.classes == "folder":
        require_labels(card(recipe.model), field="classes")
    index = workshop.obtain(_index(recipe))
    require_weights(load(recipe.model, device=workshop.device).card, index)
    pool = ListedPool(workshop.obtain(_index(recipe).listing()), store=workshop.store)
    members = members_of_classes(recipe, index, pool, workshop)
    drawn = {label: workshop.obtain(_visualization(recipe, label)) for label in members}
    natural = _paths(recipe, _natural_pixels(recipe, members, pool), workshop, doing="natural images in all layers")
    shown = np.concatenate([_visualized_pixels(made, workshop) for made in drawn.values()])
    visualized = _paths(recipe, shown, workshop, doing="visualizations in all layers")
    labels = np.repeat(list(members), [len(images) for images in members.values()])
    by_layer = {
        layer: (natural[layer], dict(zip(members, np.split(visualized[layer], len(members)), strict=True)))
        for layer in recipe.layer_names
    }
    summaries, details = _compared(recipe, by_layer, labels)
    beats = [won for made in drawn.values() for won in made.values["beats_natural"]]
    values = {
        "images": {str(label): len(images) for label, images in members.items()},
        "layers": summaries,
        "control_same_class": _summaries(recipe, {name: _held_out(found[0], labels) for name, found in by_layer.items()}),
        "control_other_class": _summaries(recipe, {name: _exchanged(found[0], labels) for name, found in by_layer.items()}),
        "beats_natural": sum(beats) / len(beats),
        "strength": [
            {"class": label, "visualization": max(made.values["activations"]), "natural": made.values["best_natural"]}
            for label, made in drawn.items()
        ],
    }
    content = json.dumps(details, allow_nan=False).encode()
    file = NewFile(name="similarities.json", content=content, media_type="application/json")
    return Product(new_files=[file], values=values, parents=[index.digest, *(made.digest for made in drawn.values())])


def members_of_classes(recipe: PathSimilarity, index: Manifest, pool: ListedPool, workshop: Workshop) -> dict[int, list[int]]:
    """The images of the classes that take part, each source once, the classes with the most images first.

    Raises:
        InputError: Fewer than two classes have enough images.
    """
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for number, (source, logits) in enumerate(_looked_at(recipe, index, pool, workshop)):
        if np.isnan(logits).any():
            continue  # its file cannot be read, which the index tells
        label = int(logits.argmax()) if recipe.classes == "own" else folder_label(source, classes=len(logits), field="classes")
        found[label].setdefault(source, number)
    enough = {label: list(of_class.values()) for label, of_class in found.items() if len(of_class) >= recipe.least_images}
    message = f"{len(enough)} classes have {recipe.least_images} images of different sources in {recipe.pool}"
    require(len(enough) > 1, "pool", message, "Give a pool with more sources, or a smaller least_images")
    order = sorted(enough, key=lambda label: (-len(enough[label]), label))[: recipe.most_classes]
    rng = np.random.default_rng(recipe.seed)
    return {label: rng.permutation(enough[label])[: recipe.most_images].tolist() for label in order}


def _looked_at(
    recipe: PathSimilarity, index: Manifest, pool: ListedPool, workshop: Workshop
) -> Iterator[tuple[str, Float[np.ndarray, " channel"]]]:
    """The source of each image of the pool, and its logits; NaN for one that cannot be read."""
    shards = workshop.obtain_all([_index(recipe).shard(number) for number in range(len(index.values["shards"]))])
    for number, shard in enumerate(shards):
        table = np.load(io.BytesIO(workshop.store.read_blob(shard.file("activations").sha256)))
        images, _ = pool.part(number)
        yield from zip((source.name for source, _ in images.variants), table.T, strict=True)


def _compared(
    recipe: PathSimilarity, by_layer: Mapping[str, tuple[Vectors, Mapping[int, Vectors]]], labels: Int[np.ndarray, " image"]
) -> tuple[dict[str, object], dict[str, object]]:
    """Means over classes, and the classes one by one, by measure and layer."""
    summaries: dict[str, object] = {}
    details: dict[str, object] = {}
    for measure in MEASURES:
        found = {
            layer: class_similarities(natural, labels, visualized, measure=measure)
            for layer, (natural, visualized) in by_layer.items()
        }
        summaries[measure] = {
            layer: dataclasses.asdict(over_classes(classes, seed=recipe.seed)) for layer, classes in found.items()
        }
        details[measure] = {
            layer: [
                {name: value if np.isfinite(value) else None for name, value in dataclasses.asdict(one).items()}
                for one in classes
            ]
            for layer, classes in found.items()
        }
    return summaries, details


def _summaries(
    recipe: PathSimilarity, controls: Mapping[str, tuple[Vectors, Int[np.ndarray, " image"], Mapping[int, Vectors]]]
) -> dict[str, float | None]:
    """The normalized similarity of a control in each layer, by the rank correlation."""
    measure: Measure = "spearman"
    return {
        layer: over_classes(class_similarities(*control, measure=measure), seed=recipe.seed).normalized
        for layer, control in controls.items()
    }


def _held_out(
    natural: Vectors, labels: Int[np.ndarray, " image"]
) -> tuple[Vectors, Int[np.ndarray, " image"], dict[int, Vectors]]:
    """Every other image of a class in the place of its visualizations: the metric must give 1, up to chance."""
    odd = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        odd[np.flatnonzero(labels == label)[1::2]] = True
    return natural[~odd], labels[~odd], {int(label): natural[odd & (labels == label)] for label in np.unique(labels)}


def _exchanged(
    natural: Vectors, labels: Int[np.ndarray, " image"]
) -> tuple[Vectors, Int[np.ndarray, " image"], dict[int, Vectors]]:
    """The images of one other class, the next, in the place of a class's visualizations: the metric must give 0, up to chance."""
    present = np.unique(labels)
    following = zip(present, np.roll(present, -1), strict=True)
    return natural, labels, {int(label): natural[labels == other] for label, other in following}


def _paths(recipe: PathSimilarity, pixels: UInt8[np.ndarray, "image side side 3"], workshop: Workshop, *, doing: str) -> Paths:
    return layer_paths(
        load(recipe.model, device=workshop.device),
        recipe.layer_names,
        images=as_tensor(pixels, device=workshop.device),
        seed=recipe.seed,
        report=lambda done, total: workshop.report(done, total, doing),
    )


def _natural_pixels(recipe: PathSimilarity, members: Members, pool: ListedPool) -> UInt8[np.ndarray, "image side side 3"]:
    return np.stack([pool.read(image, side=recipe.size).pixels for images in members.values() for image in images])


def _visualized_pixels(made: Manifest, workshop: Workshop) -> UInt8[np.ndarray, "image side side 3"]:
    contents = [workshop.store.read_blob(file.sha256) for file in made.files if file.media_type == "image/png"]
    return np.stack([np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) for content in contents])


def _index(recipe: PathSimilarity) -> ActivationIndex:
    return ActivationIndex(
        model=recipe.model,
        layer=recipe.classifier,
        seed=recipe.seed,
        pool=recipe.pool,
        pool_size=recipe.pool_size,
        pool_resolution=recipe.size,
    )


def _visualization(recipe: PathSimilarity, label: int) -> FeatureVisualization:
    return FeatureVisualization(
        unit=f"{recipe.model}/{recipe.classifier}:{label}",
        size=recipe.size,
        shown_size=recipe.size,
        steps=recipe.steps,
        batch=recipe.visualizations,
        transforms=recipe.transforms,
        seed=recipe.seed,
        pool=recipe.pool,
        pool_size=recipe.pool_size,
        pool_resolution=recipe.size,
    )
