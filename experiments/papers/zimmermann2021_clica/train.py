"""The run: encoders of the chosen rows of both tables and of images, the baselines beside them, figures and claims.

Every training is an artifact of its own, so that a run that was interrupted goes on where it was.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiments.contract.artifacts import Manifest, Product, Workshop
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.identifiability import warning_of
from experiments.methods.identification.maker import train_encoders
from experiments.methods.image_identification.configuration import DataName, ImageConfiguration
from experiments.methods.image_identification.maker import train_encoder
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.zimmermann2021_clica.analysis import Metrics, image_metrics, row_metrics
from experiments.papers.zimmermann2021_clica.claims import CLAIMS
from experiments.papers.zimmermann2021_clica.figures.samples import samples_figure
from experiments.papers.zimmermann2021_clica.figures.scores import curves_figure, scores_figure
from experiments.papers.zimmermann2021_clica.networks import chosen_rows, configuration_of, supervised
from experiments.papers.zimmermann2021_clica.tables.image_rows import ImageRow
from experiments.papers.zimmermann2021_clica.tables.image_scales import (
    chosen_image_rows,
    image_configuration_of,
    supervised_by_factors,
)
from experiments.papers.zimmermann2021_clica.tables.rows import Row

SLUG = "zimmermann2021_clica"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    rows: str = "targets"
    """Of Tables 1 and 2: `targets`, `all`, `none`, or names joined by commas."""
    images: str = "targets"
    """`targets`, `rendered`, `three_d_ident`, `kitti`, `published`, `none`, or names joined by commas."""
    seeds: int = 3
    """Networks of each row, the first with the run's own seed; each has a mixing of its own."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of all rows, by the fields of `Configuration`, such as `steps`, `batch` or `latents`."""
    image_scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of all rows on images, by the fields of `ImageConfiguration`."""
    kitti: str = ""
    """Absolute path of KITTI Masks' file, or of the folder that holds it."""
    three_d_ident: str = ""
    """Absolute path of the folder that holds `train` and `test` of 3DIdent."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 100)

    @property
    def folders(self) -> Mapping[DataName, str]:
        """Where the published sets are."""
        return {"kitti_masks": self.kitti, "three_d_ident": self.three_d_ident}


PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"rows": "mcc_box_normal_l2_box", "seeds": 2},
    "cpu": {},
    "paper": {"rows": "all", "images": "published", "seeds": 5},
}


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The trainings of a row's encoders, and of the supervised ones beside them."""

    trained: Sequence[Training]
    supervised: Sequence[Training]
    warning: str
    """What the encoders cannot identify; empty where they can."""


@dataclass(frozen=True, kw_only=True)
class RowStages(Stages):
    """Of a row of a table."""

    row: Row
    configuration: Configuration


@dataclass(frozen=True, kw_only=True)
class ImageStages(Stages):
    """Of a row on images."""

    row: ImageRow
    configuration: ImageConfiguration


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    return build(Settings, {**PRESETS[recipe.preset], **recipe.settings})


def train(recipe: Training, workshop: Workshop) -> Product:
    """The networks of one configuration, of latents or of images; that of images has a set of `data`.

    Raises:
        InputError: The configuration is unfit, or its loss is no number at some step.
    """
    if "data" in recipe.configuration:
        images = build(ImageConfiguration, recipe.configuration)
        return train_encoder(recipe, images, workshop=workshop, title=f"{images.data} images, {images.supervision}")
    latents = build(Configuration, recipe.configuration)
    title = f"{latents.conditional} pairs in {latents.space}, {latents.supervision}"
    return train_encoders(recipe, latents, workshop=workshop, title=title)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Train what is missing, measure, and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or a published set is missing.
    """
    require_sets(settings_of(recipe))
    plans = planned(recipe)
    # A supervised baseline is that of several rows.
    stages = {one.digest: one for plan in plans for one in (*plan.trained, *plan.supervised)}
    made = dict(zip(stages, workshop.obtain_all(list(stages.values())), strict=True))
    metrics = {plan.row.name: _metrics(plan, made, workshop) for plan in plans}
    return run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=_figures(metrics),
        parents=list(stages),
        device=workshop.device,
        warnings=[f"{plan.row.name}: {plan.warning}" for plan in plans if plan.warning],
    )


def require_sets(settings: Settings) -> None:
    """Raise InputError unless the published sets are where they should be: now, as other trainings may take days."""
    for name in ("kitti", "three_d_ident"):
        folder = getattr(settings, name)
        remedy = f"Give --set {name}=/path/of/the/published/set, or leave it out"
        require(not folder or Path(folder).exists(), name, f"{folder} is not there", remedy)


def planned(recipe: Run) -> list[RowStages | ImageStages]:
    """The trainings of a run.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    settings = settings_of(recipe)
    seeds = tuple(range(recipe.seed, recipe.seed + settings.seeds))
    rows = [_planned_row(row, recipe.preset, settings=settings, seeds=seeds) for row in chosen_rows(settings.rows)]
    images = [_planned_images(row, recipe.preset, settings=settings, seeds=seeds) for row in chosen_image_rows(settings.images)]
    return [*rows, *images]


def _planned_row(row: Row, preset: Preset, *, settings: Settings, seeds: tuple[int, ...]) -> RowStages:
    configuration = configuration_of(row, preset=preset, changes=settings.scale)
    baseline = supervised(row, preset=preset, changes=settings.scale)
    return RowStages(
        row=row,
        configuration=configuration,
        trained=[training_of(configuration, seeds=seeds)],
        supervised=[training_of(baseline, seeds=seeds)],
        warning=warning_of(configuration),
    )


def _planned_images(row: ImageRow, preset: Preset, *, settings: Settings, seeds: tuple[int, ...]) -> ImageStages:
    configuration = image_configuration_of(row, preset=preset, folders=settings.folders, changes=settings.image_scale)
    # No supervised baseline was published for KITTI Masks, whose codes are more than its factors.
    baselines = [] if row.data == "kitti_masks" else [supervised_by_factors(configuration)]
    return ImageStages(
        row=row,
        configuration=configuration,
        trained=[training_of(configuration, seeds=(seed,)) for seed in seeds],
        supervised=[training_of(baseline, seeds=(seed,)) for baseline in baselines for seed in seeds],
        warning=warning_of(configuration),
    )


def training_of(configuration: Configuration | ImageConfiguration, *, seeds: tuple[int, ...]) -> Training:
    """The recipe of a configuration, whole, so that its digest changes when a default does."""
    return Training(paper=SLUG, configuration=dataclasses.asdict(configuration), seeds=seeds)


def _metrics(plan: RowStages | ImageStages, made: Mapping[str, Manifest], workshop: Workshop) -> Metrics:
    trained, baselines = ([made[one.digest] for one in some] for some in (plan.trained, plan.supervised))
    if isinstance(plan, ImageStages):
        return image_metrics(plan.row, plan.configuration, trained=trained, supervised=baselines, store=workshop.store)
    return row_metrics(plan.row, plan.configuration, trained=trained[0], supervised=baselines[0], store=workshop.store)


def _figures(metrics: Mapping[str, Metrics]) -> list[RunFigure]:
    sides = {found["side"] for found in metrics.values() if found.get("data") == "rendered"}
    scores = [scores_figure(metrics), curves_figure(metrics)] if metrics else []
    return [*scores, *(samples_figure(side) for side in sides)]
