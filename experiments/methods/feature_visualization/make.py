"""The maker of feature visualizations: renders a recipe and compares the images with the most extreme natural one."""

import dataclasses

from jaxtyping import Float
from torch import Tensor

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.recipes import FeatureVisualization
from experiments.methods.exemplars import as_pixels, png_file
from experiments.methods.feature_visualization.ascent import Report
from experiments.methods.feature_visualization.diversity_search import Found, search
from experiments.methods.feature_visualization.lucent_engine import render_with_lucent
from experiments.methods.feature_visualization.maco import natural_magnitudes
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.render import Visualization, render
from experiments.methods.natural import index_recipe, natural_activations, require_weights
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load


def make(recipe: FeatureVisualization, workshop: Workshop) -> Product:
    """Optimize the images and compare them with the most extreme natural one."""
    natural, pool = natural_activations(recipe, workshop), ListedPool.of(recipe, workshop)
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    require_weights(model.card, workshop.obtain(index_recipe(recipe)))
    best = natural.best(recipe.sign)
    found = _rendered(recipe, model=model, best=best, pool=pool, report=workshop.report)
    beats = _beats(recipe, found.made, best=best)
    values = {
        "activations": found.made.activations,
        "best_natural": best,
        "beats_natural": beats,
        "below_natural": not all(beats),
        "dead": found.made.dead,
        "diversity": found.weight,
        "attempts": found.attempts,
        "steps": found.made.steps,
        "precision": found.made.precision,
        "weights_sha256": model.card.weights.sha256,
        **pool.lost,
    }
    return Product(new_files=_files(recipe, found.made), values=values, parents=[natural.digest, pool.listing.digest])


def _rendered(
    recipe: FeatureVisualization, *, model: LoadedModel, best: float, pool: ListedPool, report: Report
) -> Found[Visualization]:
    """The batch of the recipe's weight, or of the one that a search finds; without a search nothing was attempted."""
    if recipe.engine == "lucent":
        made = render_with_lucent(recipe, model=model, report=report)
        return Found(weight=recipe.diversity, made=made, attempts=[])
    magnitudes = _magnitudes(recipe, pool)
    if not recipe.diversity_search:
        made = render(recipe, model=model, report=report, magnitudes=magnitudes)
        return Found(weight=recipe.diversity, made=made, attempts=[])

    def attempt(weight: float) -> Visualization:
        def told(done: int, total: int, doing: str) -> None:
            report(done, total, f"{doing} with diversity {weight:g}")

        fixed = dataclasses.replace(recipe, diversity=weight, diversity_search=False)
        return render(fixed, model=model, report=told, magnitudes=magnitudes)

    return search(attempt, lambda made: all(_beats(recipe, made, best=best)), first=recipe.diversity)


def _magnitudes(recipe: FeatureVisualization, pool: ListedPool) -> Float[Tensor, "3 canvas half"] | None:
    """Of the recipe's pool, where the parametrization has use for them."""
    if recipe.parametrization != "maco":
        return None
    return natural_magnitudes(pool, side=Options.of(recipe).canvas_side)


def _beats(recipe: FeatureVisualization, made: Visualization, *, best: float) -> list[bool]:
    """Of each image, whether it is more extreme than the most extreme natural one."""
    return [activation > best if recipe.sign == "max" else activation < best for activation in made.activations]


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
