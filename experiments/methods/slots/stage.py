"""One training of a network of slots and its measures on held-out scenes, with every number of slots. Called by papers."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped
from torch import nn

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import build, require
from experiments.contract.recipes import Training
from experiments.datasets.scenes.scene import Scenes
from experiments.methods.slots.configuration import Configuration
from experiments.methods.slots.evaluation import Scores, mask_scores, segment
from experiments.methods.slots.hints import annotated_boxes
from experiments.methods.slots.task import SlotTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import zoo_files

SCORES = "scores.npz"
"""Arrays `<measure>@<slots>`, one value an image, and of the first images `image`, `truth` and `labels@<slots>`."""
WATCHED, SHOWN = 64, 12
"""Images that are measured during a training, and that are kept to be looked at."""
TEST_SEED = 0
"""Of the noise at which slots begin when a network is measured."""


def train_stage(recipe: Training, workshop: Workshop) -> Product:
    """Train the network of the recipe's only seed and measure it.

    Raises:
        InputError: The configuration is unfit, or its data set is not there.
    """
    require(len(recipe.seeds) == 1, "seeds", "networks of slots are trained one by one", "Give one seed a training")
    configuration, seed = build(Configuration, recipe.configuration), recipe.seeds[0]
    network = configuration.network(seed).to(workshop.device)
    scenes, held_out = configuration.train_scenes(), configuration.held_out_scenes()
    task = SlotTask(
        network=network,
        scenes=scenes,
        objective=configuration.objective,
        slots=configuration.slots,
        batch=configuration.batch,
        seed=seed,
        device=workshop.device,
        measured=lambda: _during(network, configuration, held_out, device=workshop.device),
        hints=annotated_boxes(scenes, annotated=configuration.annotated, slots=configuration.slots),
        priced_from=configuration.steps // 2,
    )
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    doing = f"{configuration.method} with {configuration.slots} slots on {configuration.data}, seed {seed}"
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    arrays, values = _measured(network, configuration, held_out, workshop=workshop)
    files = (
        journal_file(lines),
        NewFile(name=SCORES, content=_npz(arrays), media_type="application/octet-stream"),
        *zoo_files(recipe, network, about=configuration.about),
    )
    return Product(new_files=files, values={"by_slots": values, "images": len(held_out)})


def read_scores(content: bytes) -> dict[str, Shaped[np.ndarray, "..."]]:
    """The arrays of a training's `scores.npz`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def means(scores: Scores) -> dict[str, float]:
    """The mean of each measure over the images where it is defined."""
    return {name: float(np.nanmean(values)) for name, values in scores.items()}


def scores_of(
    network: nn.Module, configuration: Configuration, scenes: Scenes, *, slots: int, device: str
) -> tuple[Scores, Shaped[np.ndarray, "image side side"]]:
    """All measures by image with so many slots, and the slot of each pixel."""
    hints = annotated_boxes(scenes, annotated=configuration.annotated, slots=slots)
    seen = segment(network, scenes, slots=slots, seed=TEST_SEED, device=device, hints=hints)
    return {**mask_scores(scenes.labels, seen.labels), "error": seen.errors}, seen.labels


def _during(network: nn.Module, configuration: Configuration, held_out: Scenes, *, device: str) -> Mapping[str, float]:
    scores, _ = scores_of(network, configuration, held_out.first(WATCHED), slots=configuration.slots, device=device)
    return means(scores)


def _measured(
    network: nn.Module, configuration: Configuration, held_out: Scenes, *, workshop: Workshop
) -> tuple[dict[str, Shaped[np.ndarray, "..."]], dict[str, Any]]:
    shown = held_out.first(SHOWN)
    arrays = {"image": shown.images, "truth": shown.labels.astype(np.uint8)}
    values = {}
    for place, slots in enumerate(configuration.tested):
        workshop.report(place, len(configuration.tested), f"measuring with {slots} slots")
        scores, labels = scores_of(network, configuration, held_out, slots=slots, device=workshop.device)
        arrays.update({f"{name}@{slots}": one.astype(np.float32) for name, one in scores.items()})
        arrays[f"labels@{slots}"] = labels[:SHOWN].astype(np.uint8)
        values[str(slots)] = means(scores)
    return arrays, values


def _npz(arrays: Mapping[str, Shaped[np.ndarray, "..."]]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **dict(arrays))
    return content.getvalue()
