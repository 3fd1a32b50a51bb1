"""Maker of trajectories: visualizations of a layer's units on their way, for the detector to learn from."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Int, UInt8

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.planning import generator as planner
from experiments.contract.recipes import Trajectories
from experiments.methods.circuits.optimization import (
    BATCH,
    VARIANTS,
    Objective,
    optimized,
    unit_objective,
)
from experiments.methods.circuits.template import image_template, template_objective
from experiments.methods.exemplars import as_pixels
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

VALIDATION, TEST = 3, 7
"""Of each eight optimizations the fourth chooses the detector's threshold and the eighth tests it; the others train it."""


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """Images on their way, in the order in which they were optimized."""

    pixels: UInt8[np.ndarray, "snapshot side side 3"]
    step: Int[np.ndarray, " snapshot"]
    item: Int[np.ndarray, " snapshot"]
    """Which optimization."""
    variant: Int[np.ndarray, " snapshot"]
    """Place in VARIANTS."""

    def of(self, part: str) -> Self:
        """Those for `training`, `validation`, or `test`; no optimization is in two of them."""
        place = self.item % BATCH
        chosen = {"validation": place == VALIDATION, "test": place == TEST}
        mask = chosen[part] if part in chosen else ~(chosen["validation"] | chosen["test"])
        return type(self)(pixels=self.pixels[mask], step=self.step[mask], item=self.item[mask], variant=self.variant[mask])


def make(recipe: Trajectories, workshop: Workshop) -> Product:
    """Optimize the images, a batch of units at a time, each batch in another way of visualizing."""
    model = load(recipe.model, device=workshop.device)
    rows: dict[str, list[np.ndarray]] = {"pixels": [], "step": [], "item": [], "variant": []}
    batches = -(-recipe.rendered // BATCH)
    for number, (objective, index) in enumerate(_orders(recipe, model=model, batches=batches)):
        for snapshot in optimized(
            objective,
            batch=BATCH,
            size=recipe.size,
            steps=recipe.steps,
            variant=VARIANTS[index],
            generator=torch.Generator().manual_seed(recipe.seed * 10_007 + number),
            device=workshop.device,
            report=_told(workshop, before=number * recipe.steps, total=batches * recipe.steps),
        ):
            for images in (snapshot.seen, snapshot.images):
                rows["pixels"].append(as_pixels(images, side=recipe.size))
                rows["step"].append(np.full(BATCH, snapshot.step))
                rows["item"].append(np.arange(BATCH) + number * BATCH)
                rows["variant"].append(np.full(BATCH, index))
    content = io.BytesIO()
    np.savez(content, **{name: np.concatenate(parts) for name, parts in rows.items()})  # type: ignore[arg-type]
    file = NewFile(name="snapshots", content=content.getvalue(), media_type="application/octet-stream")
    return Product(new_files=[file], values={"rendered": batches * BATCH, "weights_sha256": model.card.weights.sha256})


def read_snapshots(made: Manifest, workshop: Workshop) -> Snapshots:
    """The snapshots of an artifact."""
    with np.load(io.BytesIO(workshop.store.read_blob(made.file("snapshots").sha256))) as arrays:
        return Snapshots(**{name: arrays[name] for name in ("pixels", "step", "item", "variant")})


def _orders(recipe: Trajectories, *, model: LoadedModel, batches: int) -> list[tuple[Objective, int]]:
    """What each batch is optimized for, and its place in VARIANTS; units repeat only when all were drawn."""
    channels = model.card.layers[recipe.layer].channels
    order = planner(recipe.seed).permutation(channels)
    position = f"@{recipe.position}" if recipe.position else ""
    orders = []
    for number in range(batches):
        drawn = [order[i % channels] for i in range(number * BATCH, (number + 1) * BATCH)]
        units = [UnitAddress.parse(f"{recipe.model}/{recipe.layer}:{channel}{position}") for channel in drawn]
        orders.append((unit_objective(model, units, aggregation=recipe.aggregation), number % len(VARIANTS)))
    if recipe.goal == "image":
        template = template_objective(image_template(recipe.image, model=model), model=model)
        # Every other batch, and never away from the image.
        rising = [index for index, variant in enumerate(VARIANTS) if variant.sign == "max"]
        orders[::2] = [(template, rising[turn % len(rising)]) for turn in range(len(orders[::2]))]
    return orders


def _told(workshop: Workshop, *, before: int, total: int) -> Callable[[int], None]:
    return lambda step: workshop.report(before + step, total, "trajectories of visualizations")
