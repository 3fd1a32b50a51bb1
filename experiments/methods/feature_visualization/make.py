"""The maker of feature visualizations: renders a recipe and compares the images with the most extreme natural one."""

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.recipes import FeatureVisualization
from experiments.datasets.pool import open_pool
from experiments.methods.exemplars import as_pixels, png_file
from experiments.methods.feature_visualization.maco import natural_magnitudes
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.render import Visualization, render
from experiments.methods.natural import natural_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load


def make(recipe: FeatureVisualization, workshop: Workshop) -> Product:
    """Optimize the images and compare them with the most extreme natural one."""
    natural = natural_activations(recipe, workshop)
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    magnitudes = None
    if recipe.parametrization == "maco":
        pool = open_pool(recipe.pool, size=recipe.pool_size, seed=recipe.seed)
        magnitudes = natural_magnitudes(pool, side=Options.of(recipe).canvas_side)
    rendered = render(recipe, model=model, report=workshop.report, magnitudes=magnitudes)
    best = natural.best(recipe.sign)
    beats = [beats_natural(activation, best, recipe) for activation in rendered.activations]
    values = {
        "activations": rendered.activations,
        "best_natural": best,
        "beats_natural": beats,
        "below_natural": not any(beats),
        "dead": rendered.dead,
        "steps": rendered.steps,
        "weights_sha256": model.card.weights.sha256,
    }
    return Product(new_files=_files(recipe, rendered), values=values, parents=[natural.digest])


def beats_natural(activation: float, best: float, recipe: FeatureVisualization) -> bool:
    """Whether an image is more extreme than the most extreme natural one."""
    return activation > best if recipe.sign == "max" else activation < best


def _files(recipe: FeatureVisualization, rendered: Visualization) -> list[NewFile]:
    """The final images, then those of each threshold."""
    files = [
        png_file(f"image_{i}", pixels, about={"activation": activation})
        for i, (pixels, activation) in enumerate(
            zip(as_pixels(rendered.images, side=recipe.shown_size), rendered.activations, strict=True)
        )
    ]
    for snapshot in rendered.snapshots:
        for i, pixels in enumerate(as_pixels(snapshot.images, side=recipe.shown_size)):
            files.append(png_file(f"image_{i}_step_{snapshot.step}", pixels, about={"step": snapshot.step}))
    return files
