"""What visualizations of a manipulated network show, judged by the network that it was made from."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.artifacts import Workshop
from experiments.contract.fields import Json
from experiments.contract.recipes import Circuit
from experiments.methods.circuits.statistics import NaturalScale
from experiments.methods.circuits.ways import BATCH, WAYS, Way, options_of
from experiments.methods.feature_visualization.ascent import Snapshot
from experiments.methods.feature_visualization.render import item_seeds, render_units
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.loading import LoadedModel

HELD_OUT = 2**32
"""Beyond all seeds of recipes, so that no detector has seen these starts."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Visualizations of some units, one each."""

    images: Float[Tensor, "unit 3 side side"]
    seen: Mapping[int, Float[Tensor, "unit 3 side side"]]
    """By step, what the network saw."""


def rendered(
    model: LoadedModel,
    units: Sequence[UnitAddress],
    recipe: Circuit,
    *,
    way: Way,
    workshop: Workshop,
    size: int = 0,
    steps: int = 0,
) -> Rendered:
    """Visualize units, in batches, from starts that no detector has seen; size and steps are the recipe's unless given."""
    pool = ListedPool.of(recipe, workshop)
    options = options_of(way, pool=pool, size=size or recipe.size, steps=steps or recipe.steps)
    seeds = item_seeds(recipe.seed + HELD_OUT, count=len(units))
    addresses = [dataclasses.replace(unit, model=model.card.id) for unit in units]
    images: list[Tensor] = []
    snapshots: list[Sequence[Snapshot]] = []
    for start in range(0, len(units), BATCH):
        end = start + BATCH
        made = render_units(
            model,
            addresses[start:end],
            seeds=seeds[start:end],
            options=options,
            sign=way.sign,
            aggregation=recipe.aggregation,
            report=workshop.report,
        )
        images.append(made.images)
        snapshots.append(made.snapshots)
    # A batch of dead units stops early: only steps that all batches have are compared.
    common = zip(*snapshots, strict=False)
    return Rendered(images=torch.cat(images), seen={parts[0].step: torch.cat([p.seen for p in parts]) for parts in common})


def redirection(
    images: Float[Tensor, "unit 3 side side"], *, own: Sequence[int], donors: Sequence[int], scale: NaturalScale
) -> Mapping[str, float]:
    """Whose visualizations these are, by the original network's activations in units of their natural spread.

    Args:
        images: Visualizations of manipulated units.
        own: The channel of each.
        donors: The column that each shall show instead: a channel, or the last where an image is shown.
        scale: Of the original network.

    Returns:
        `redirect`: the share that activates the donor more than the unit itself; `donor_is_top` and `own`: the shares for
        which the donor, or the unit itself, is the most active of all channels.
    """
    z = scale.standardized(images)
    mine, theirs, top = (z[range(len(z)), list(own)], z[range(len(z)), list(donors)], z.argmax(dim=1).cpu())
    return {
        "redirect": float((theirs > mine).double().mean()),
        "donor_is_top": float((top == torch.tensor(donors)).double().mean()),
        "own": float((top == torch.tensor(own)).double().mean()),
    }


def open_by_step(detector: TrajectoryDetector, visualizations: Rendered, *, model: LoadedModel) -> Mapping[str, float]:
    """Share of visualizations for which the gate is open, at each step that was kept."""
    with torch.inference_mode():
        return {
            str(step): float((detector(model.preprocess(seen)) <= 0).double().mean())
            for step, seen in visualizations.seen.items()
        }


def open_by_way(
    model: LoadedModel,
    detector: TrajectoryDetector,
    units: Sequence[UnitAddress],
    recipe: Circuit,
    *,
    steps: int,
    workshop: Workshop,
) -> Mapping[str, Json]:
    """The same, over all steps, for each way of visualizing, and for the side at which the network was evaluated."""
    shares = {}
    sizes = {way.name: (way, recipe.size) for way in WAYS}
    sizes[f"{WAYS[0].name}_{model.card.input_size}px"] = (WAYS[0], model.card.input_size)
    for name, (way, size) in sizes.items():
        made = rendered(model, units, recipe, workshop=workshop, way=way, size=size, steps=steps)
        shares[name] = float(np.mean(list(open_by_step(detector, made, model=model).values())))
    return shares


def similarity(images: Float[Tensor, "unit 3 side side"], others: Float[Tensor, "unit 3 side side"]) -> list[float]:
    """Correlation of the pixels of each image with those of its counterpart."""
    one, other = (x.flatten(1) - x.flatten(1).mean(dim=1, keepdim=True) for x in (images, others))
    return [float(r) for r in torch.nn.functional.cosine_similarity(one, other)]
