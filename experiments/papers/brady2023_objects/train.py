"""The run: trains all networks, each training an artifact of its own, and judges the claims."""

from collections.abc import Iterator, Sequence

from experiments.contract.artifacts import Manifest, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.recipes import Run, Training
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.brady2023_objects.analysis import measured
from experiments.papers.brady2023_objects.claims import CLAIMS
from experiments.papers.brady2023_objects.figures.scores import figures_of
from experiments.papers.brady2023_objects.images.autoencoders import Images
from experiments.papers.brady2023_objects.images.scores import train_images
from experiments.papers.brady2023_objects.images.sheet import SHEET, sheets_figure
from experiments.papers.brady2023_objects.networks import Settings, settings_of, trainings
from experiments.papers.brady2023_objects.synthetic.autoencoders import Synthetic
from experiments.papers.brady2023_objects.synthetic.scores import train_synthetic


def train(recipe: Training, workshop: Workshop) -> Product:
    """The networks of one configuration.

    Raises:
        InputError: The configuration is unfit, the loss became no number, or a checkpoint is of another recipe.
    """
    part = recipe.configuration.get("part")
    if part == "synthetic":
        return train_synthetic(recipe, build(Synthetic, recipe.configuration), workshop=workshop)
    if part == "images":
        return train_images(recipe, build(Images, recipe.configuration), workshop=workshop)
    raise InputError(field="part", message=f"{part!r} is unknown", remedy="Choose synthetic or images")


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all trainings and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    made = workshop.obtain_all(trainings(recipe))
    metrics = measured(made)
    return run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=[*figures_of(metrics["networks"]), *_sheets(made, workshop)],
        parents=[one.digest for one in made],
        device=workshop.device,
        warnings=list(_warnings(settings_of(recipe))),
    )


def _sheets(made: Sequence[Manifest], workshop: Workshop) -> Iterator[RunFigure]:
    """The layers of the first network of each method."""
    images = [one for one in made if one.recipe["configuration"]["part"] == "images"]
    first = {one.recipe["configuration"]["method"]: one for one in reversed(images)}
    sheets = {method: workshop.store.read_blob(one.file(SHEET).sha256) for method, one in reversed(first.items())}
    if sheets:
        yield sheets_figure(sheets)


def _warnings(settings: Settings) -> Iterator[str]:
    if settings.part != "images" and not any(settings.lambdas):
        yield "Every lambda is 0: nothing makes a decoder compositional, so that no slot can be identified"
    if settings.part != "images" and settings.latents != "independent":
        yield "Where latents depend on each other, the score of a perfect model is below 1: compare it with its ceiling"
