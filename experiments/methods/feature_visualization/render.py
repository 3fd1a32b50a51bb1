"""Visualizations of units: of one unit as a recipe says, or of many different ones in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.contract.recipes import FeatureVisualization, Sign, UnitRecipe
from experiments.methods.feature_visualization.ascent import Ascent, Report, Snapshot, ascend
from experiments.methods.feature_visualization.objectives import Channel, Diversity, Objective, Units
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.reading import exact_reader, quick_reader
from model_zoo.activations import halved
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel


@dataclass(frozen=True, kw_only=True)
class Visualization:
    """Images and what was reached."""

    images: Float[Tensor, "batch 3 size size"]
    activations: list[float]
    """Of the final images, untransformed, at the size that was optimized."""
    snapshots: Sequence[Snapshot] = ()
    """One per threshold, in order, with `step`, `images` and what the network had `seen` of them."""
    steps: int
    """How many were done: all, unless an early stop was asked for or every image is dead."""
    dead: list[bool]
    """Of each image, whether its unit never came to life, so that the image shows nothing of it."""
    precision: str
    """Of the arithmetic during optimization, `float32` or `bfloat16`; activations are always exact."""


def render_units(
    model: LoadedModel,
    addresses: Sequence[UnitAddress],
    *,
    seeds: Sequence[int],
    options: Options,
    sign: Sign = "max",
    aggregation: str = "mean",
    report: Report = lambda _done, _total, _doing: None,
) -> Visualization:
    """Optimize image i for unit i, all in one pass; the result for a unit does not depend on the others, with two exceptions.

    With units in several layers it differs by the rounding of a forward pass that computes them all; and with an early stop all
    end together, at the step that the batch decides.

    With `thresholds` in the options (steps; 0 is the noise at the beginning) `snapshots` holds for each the images and what
    the network saw of them, transformed. The same unit may occur repeatedly, with different seeds.

    Args:
        model: From `model_zoo.loading.load`.
        addresses: Units of this model, in one or several layers; the pass goes to the deepest of them.
        seeds: One per unit, 0 to 2**64 - 1: of its noise and of its transforms.
        options: Size in px, steps, parametrization and so on; without diversity, which would couple the images.
        sign: Whether activations are raised (`max`) or lowered (`min`).
        aggregation: How a map becomes one number, as in recipes.
        report: Called in every step; it may raise to stop.

    Raises:
        InputError: There is not one seed per unit, a unit is of another model, activations are not finite, or memory does not
            suffice for one image.
    """
    if len(seeds) != len(addresses):
        message = f"{len(seeds)} seeds for {len(addresses)} units"
        raise InputError(field="seeds", message=message, remedy="Give one per unit")
    foreign = [str(address) for address in addresses if address.model != model.card.id]
    if foreign:
        raise InputError(field="unit", message=f"{foreign[0]} is no unit of {model.card.id}", remedy="Give units of one model")
    units = Units(addresses=addresses, aggregation=aggregation)
    ascent = ascend(_signed(units, sign), model=model, seeds=seeds, options=options, report=report)
    return _visualization(ascent, units, model=model)


def render(
    recipe: FeatureVisualization, *, model: LoadedModel, report: Report, magnitudes: Float[Tensor, "3 canvas half"] | None = None
) -> Visualization:
    """Optimize a batch of images as a recipe says; the same recipe gives the same images on one machine.

    Args:
        recipe: Its engine is not looked at.
        model: The one that the recipe names.
        report: Called in every step; it may raise to stop.
        magnitudes: For the parametrization `maco`, see `natural_magnitudes`.

    Raises:
        InputError: Activations are not finite, or memory does not suffice for one image.
    """
    value = unit_objective(recipe)
    options = Options.of(recipe, magnitudes=magnitudes)
    seeds = item_seeds(recipe.seed, count=recipe.batch)
    diversity = recipe.diversity * Diversity(layer=value.layer) if recipe.diversity else None
    ascent = ascend(_signed(value, recipe.sign), besides=diversity, model=model, seeds=seeds, options=options, report=report)
    return _visualization(ascent, value, model=model)


def unit_objective(recipe: UnitRecipe) -> Channel:
    """The activation of a recipe's unit, to be raised."""
    unit = UnitAddress.parse(recipe.unit)
    return Channel(layer=unit.layer, channel=unit.channel, aggregation=recipe.aggregation, row=unit.row, column=unit.column)


def item_seeds(seed: int, *, count: int) -> list[int]:
    """Seeds of the images of a batch; those of a smaller batch are the first ones of a larger."""
    return [int(number) for number in np.random.SeedSequence(seed).generate_state(count, np.uint64)]


def values_of(objective: Objective, *, model: LoadedModel, images: Float[Tensor, "batch 3 size size"]) -> list[float]:
    """The objective for images as they are.

    Raises:
        InputError: It is not finite, or memory does not suffice for one image.
    """
    reader = exact_reader(model, objective.layers)
    with torch.no_grad():
        _, values = halved(len(images), run=lambda length: objective.values(reader.read_sparingly(images, length=length)))
    if not values.isfinite().all():
        message = f"the activations in {', '.join(sorted(objective.layers))} are not finite"
        raise InputError(field="unit", message=message, remedy="Choose another unit, or check the model's weights")
    return values.tolist()


def without_gradient(objective: Objective, *, model: LoadedModel, images: Float[Tensor, "batch 3 size size"]) -> list[bool]:
    """Of each image, whether no change of a pixel would change the objective."""
    images = images.detach().requires_grad_()
    values = objective.values(exact_reader(model, objective.layers).read(images))
    (gradient,) = torch.autograd.grad(values.sum(), [images])
    return [not bool(one.any()) for one in gradient]


def _signed(objective: Objective, sign: Sign) -> Objective:
    return objective if sign == "max" else -objective


def _visualization(ascent: Ascent, value: Objective, *, model: LoadedModel) -> Visualization:
    return Visualization(
        images=ascent.images,
        activations=values_of(value, model=model, images=ascent.images),
        snapshots=ascent.snapshots,
        steps=ascent.steps,
        dead=ascent.dead,
        precision=quick_reader(model, value.layers).precision,
    )
