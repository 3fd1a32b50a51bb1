"""Feature visualization: images optimized so that a unit responds most or least, parametrized as in lucent."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.recipes import FeatureVisualization
from experiments.methods.exemplars import as_pixels, png_file
from experiments.methods.fourier import FourierImages
from experiments.methods.natural import natural_activations
from experiments.methods.transforms import TRANSFORMS
from model_zoo.activations import aggregate, layer_output, unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load


@dataclass(frozen=True, kw_only=True)
class Visualization:
    """What an optimization ended with."""

    images: Float[Tensor, "batch 3 size size"]
    activations: list[float]
    """Of the final images, untransformed, at the size that was optimized."""


def make(recipe: FeatureVisualization, workshop: Workshop) -> Product:
    """Optimize the images and compare them with the most extreme natural one."""
    natural = natural_activations(recipe, workshop)
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    rendered = render(recipe, model=model, report=workshop.report)
    files = [
        png_file(f"image_{i}", pixels, about={"activation": activation})
        for i, (pixels, activation) in enumerate(
            zip(as_pixels(rendered.images, side=recipe.shown_size), rendered.activations, strict=True)
        )
    ]
    best, direction = natural.best(recipe.sign), _direction(recipe)
    values = {
        "activations": rendered.activations,
        "best_natural": best,
        "beats_natural": [direction * activation > direction * best for activation in rendered.activations],
        "weights_sha256": model.card.weights.sha256,
    }
    return Product(new_files=files, values=values, parents=[natural.digest])


def render(recipe: FeatureVisualization, *, model: LoadedModel, report: Callable[[int, int, str], None]) -> Visualization:
    """Optimize a batch of images; the same recipe gives the same images on one machine.

    Raises:
        InputError: The recipe asks for diversity in a layer without maps.
    """
    unit, transforms = UnitAddress.parse(recipe.unit), TRANSFORMS[recipe.transforms]
    generator = torch.Generator().manual_seed(recipe.seed)
    side = recipe.size + (2 * transforms.canvas_margin if transforms else 0)
    canvas = FourierImages(batch=recipe.batch, side=side, generator=generator, device=model.device)
    optimizer = torch.optim.Adam([canvas.spectrum], lr=recipe.learning_rate, fused=True)
    for step in range(recipe.steps):
        report(step, recipe.steps, f"visualization of {recipe.unit}")
        seen = transforms.view(canvas(), side=recipe.size, generator=generator) if transforms else canvas()
        output = layer_output(model, unit.layer, images=seen)
        activations = aggregate(output, aggregation=recipe.aggregation, row=unit.row, column=unit.column)
        loss = -_direction(recipe) * activations[:, unit.channel].mean()
        if recipe.diversity:
            loss = loss + recipe.diversity * similarity(output)
        (canvas.spectrum.grad,) = torch.autograd.grad(loss, [canvas.spectrum])
        optimizer.step()
    with torch.no_grad():
        images = transforms.crop(canvas()) if transforms else canvas()
        reached = unit_activations(model, unit, aggregation=recipe.aggregation, images=images)
    return Visualization(images=images, activations=reached.tolist())


def similarity(output: Float[Tensor, "batch channel height width"]) -> Float[Tensor, ""]:
    """The diversity term of Lucid: cosine similarity of the images' Gram matrices, summed over pairs, per image.

    Raises:
        InputError: The output is no map.
    """
    if output.ndim != 4:
        raise InputError(field="diversity", message="the unit's layer has no maps", remedy="Give diversity 0 or another layer")
    maps = output.flatten(2)
    grams = functional.normalize((maps @ maps.transpose(1, 2)).flatten(1))
    # The sum over all pairs is the squared norm of the sum; a matrix paired with itself gives 1.
    return (grams.sum(dim=0).square().sum() - len(grams)) / len(grams)


def _direction(recipe: FeatureVisualization) -> int:
    return 1 if recipe.sign == "max" else -1
