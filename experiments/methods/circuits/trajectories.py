"""Maker of trajectories: visualizations of a layer's units on their way, for the detector to learn from."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Int, UInt8

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.planning import generator
from experiments.contract.recipes import Trajectories
from experiments.methods.circuits.calibration import Constants
from experiments.methods.circuits.gates import always_open
from experiments.methods.circuits.template import image_template
from experiments.methods.circuits.ways import BATCH, WAYS, options_of, snapshot_steps
from experiments.methods.exemplars import as_pixels
from experiments.methods.feature_visualization.render import item_seeds, render_units
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

OPEN = Constants(k=1e3, b=1e2)
"""For a template that gives 1 for its own image, at most some ten for any other."""
MOST_BYTES = 4 * 2**30
"""Of pixels in all snapshots: the memory that making and reading them take is a small multiple of it."""
VALIDATION, TEST = 3, 7
"""Of each eight optimizations the fourth chooses the detector's threshold and the eighth tests it; the others train it."""


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """Images on their way, in the order in which they were optimized."""

    pixels: UInt8[np.ndarray, "snapshot side side 3"]
    step: Int[np.ndarray, " snapshot"]
    item: Int[np.ndarray, " snapshot"]
    """Which optimization."""
    way: Int[np.ndarray, " snapshot"]
    """Place in WAYS."""

    def of(self, part: str) -> Self:
        """Those for `training`, `validation`, or `test`; no optimization is in two of them."""
        place = self.item % BATCH
        chosen = {"validation": place == VALIDATION, "test": place == TEST}
        mask = chosen[part] if part in chosen else ~(chosen["validation"] | chosen["test"])
        return type(self)(pixels=self.pixels[mask], step=self.step[mask], item=self.item[mask], way=self.way[mask])


def make(recipe: Trajectories, workshop: Workshop) -> Product:
    """Optimize the images, a batch of units at a time, each batch in another way.

    Raises:
        InputError: Memory is not meant to hold so many snapshots.
    """
    require_memory(recipe)
    base, pool = load(recipe.model, device=workshop.device), ListedPool.of(recipe, workshop)
    rows: dict[str, list[np.ndarray]] = {"pixels": [], "step": [], "item": [], "way": []}
    batches = -(-recipe.rendered // BATCH)
    seeds = item_seeds(recipe.seed, count=batches * BATCH)
    for number, (model, units, place) in enumerate(_orders(recipe, base=base, batches=batches)):
        items = np.arange(BATCH) + number * BATCH
        rendered = render_units(
            model,
            units,
            seeds=[seeds[item] for item in items],
            options=options_of(WAYS[place], pool=pool, size=recipe.size, steps=recipe.steps),
            sign=WAYS[place].sign,
            aggregation=recipe.aggregation,
            report=_told(workshop, before=number * recipe.steps, total=batches * recipe.steps),
        )
        for snapshot in rendered.snapshots:
            for images in (snapshot.seen, snapshot.images):
                rows["pixels"].append(as_pixels(images, side=recipe.size))
                rows["step"].append(np.full(BATCH, snapshot.step))
                rows["item"].append(items)
                rows["way"].append(np.full(BATCH, place))
    content = io.BytesIO()
    np.savez(content, **{name: np.concatenate(parts) for name, parts in rows.items()})  # type: ignore[arg-type]
    file = NewFile(name="snapshots", content=content.getvalue(), media_type="application/octet-stream")
    values = {"rendered": batches * BATCH, "weights_sha256": base.card.weights.sha256, **pool.lost}
    return Product(new_files=[file], values=values, parents=[pool.listing.digest])


def read_snapshots(made: Manifest, workshop: Workshop) -> Snapshots:
    """The snapshots of an artifact."""
    with np.load(io.BytesIO(workshop.store.read_blob(made.file("snapshots").sha256))) as arrays:
        return Snapshots(**{name: arrays[name] for name in ("pixels", "step", "item", "way")})


def require_memory(recipe: Trajectories) -> None:
    """Refuse more snapshots than memory is meant to hold.

    Raises:
        InputError: They take more than `MOST_BYTES`.
    """
    of_each = 2 * len(snapshot_steps(recipe.steps)) * recipe.size**2 * 3
    message = f"the snapshots of {recipe.rendered} images take {recipe.rendered * of_each / 2**30:.0f} GiB of memory"
    remedy = f"Give at most {MOST_BYTES // of_each}, or a smaller size"
    require(recipe.rendered * of_each <= MOST_BYTES, "rendered", message, remedy)


def _orders(recipe: Trajectories, *, base: LoadedModel, batches: int) -> list[tuple[LoadedModel, list[UnitAddress], int]]:
    """For each batch the model, the units, and the place of the way in WAYS; units repeat only when all were drawn."""
    channels = base.card.layers[recipe.layer].channels
    order = generator(recipe.seed).permutation(channels)
    position = f"@{recipe.position}" if recipe.position else ""
    addresses = [UnitAddress.parse(f"{recipe.model}/{recipe.layer}:{channel}{position}") for channel in order]
    drawn = [addresses[i % channels] for i in range(batches * BATCH)]
    orders = [(base, drawn[i * BATCH : (i + 1) * BATCH], i % len(WAYS)) for i in range(batches)]
    if recipe.goal == "image":
        template = image_template(recipe.image, model=base)
        shown = always_open(base, addresses[0], template=template, constants=OPEN)
        # Every other batch, and never away from the image.
        rising = [place for place, way in enumerate(WAYS) if way.sign == "max"]
        orders[::2] = [(shown, [addresses[0]] * BATCH, rising[turn % len(rising)]) for turn in range(len(orders[::2]))]
    return orders


def _told(workshop: Workshop, *, before: int, total: int) -> Callable[[int, int, str], None]:
    return lambda done, _total, _doing: workshop.report(before + done, total, "trajectories of visualizations")
