"""The run: trainings of encoders of latents and of images, each a stage of its own, and what they say together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from experiments.contract.artifacts import Manifest, Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.datasets.image_sets import stamps_are_installed
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.identifiability import warning_of
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.rusak2024_aninfonce.analysis import Metrics, curves_of, image_metrics, latent_metrics
from experiments.papers.rusak2024_aninfonce.claims import CLAIMS
from experiments.papers.rusak2024_aninfonce.figures.results import contrast_figure, image_figure, recovery_figure
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration
from experiments.papers.rusak2024_aninfonce.images.training import train_images
from experiments.papers.rusak2024_aninfonce.latents.extensions import Extension, train_extension
from experiments.papers.rusak2024_aninfonce.latents.training import train_latents
from experiments.papers.rusak2024_aninfonce.networks import PARTS, Kind, Scale, Stage, stages

KIND = "experiment"
"""The field of a training's configuration that says of which kind it is."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "linear", "contrast", "extensions", "images"] = "all"
    """One part alone, or all."""
    cifar10: str = ""
    """Absolute path of the folder that holds `cifar-10-batches-py`; for the published scale."""
    imagenet: str = ""
    """The same of a folder with `train` and `val`, a folder of images for each class in both."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how large and how long trainings are, by the fields of `Scale`."""

    def __post_init__(self) -> None:
        for name in ("cifar10", "imagenet"):
            path = getattr(self, name)
            require(not path or path.startswith("/"), name, f"{path!r} is no absolute path", f"Give --set {name}=/path/of/it")
        build(Scale, self.scale)


SMOKE: Mapping[str, Json] = {
    **{
        "steps": 60,
        "bimodal_steps": 30,
        "contrast_steps": 30,
        "extension_steps": 10,
        "batch": 64,
        "contrast_batch": 64,
        "ratios": [10],
        "seeds": 1,
    },
    "shared": {"hidden": [32], "mixing_pool": 100},
    "images": {"packaged": {"photographs": 100, "stamps": 0, "side": 32, "batch": 32, "steps": 12, "views": 1}},
}
"""Enough to show that the stages fit together, and nothing else."""
CIFAR10: Mapping[str, Json] = {
    **{"images": "cifar10", "backbone": "resnet18", "hidden": 512, "latents": 128, "side": 32, "temperature": 0.5},
    **{"batch": 512, "steps": 97_000, "warm_up": 970, "measure_every": 970, "keep_every": 970, "views": 1},
    # Small images keep their size in the stem and are not blurred (Chen et al. 2020, appendix B.9).
    **{"stem": "small", "augmentations": {"blur": 0.0}, "precisions_factor": 10.0},
}
"""A thousand epochs of 97 steps."""
IMAGENET: Mapping[str, Json] = {
    **{"images": "folders", "backbone": "resnet50", "hidden": 2048, "latents": 128, "side": 224, "temperature": 0.1},
    **{"batch": 1024, "steps": 125_100, "warm_up": 12_510, "measure_every": 1251, "keep_every": 1251, "views": 1},
    "precisions_factor": 10.0,
}
"""A hundred epochs of 1,251 steps."""
PAPER: Mapping[str, Json] = {
    **{
        "steps": 100_000,
        "bimodal_steps": 100_000,
        "contrast_steps": 100_000,
        "extension_steps": 100_000,
        "batch": 1000,
        "contrast_batch": 1000,
    },
    **{"linear_latents": 10, "contrast_latents": 10},
    "shared": {
        **{"hidden": [100, 500, 500, 500, 500, 100], "negatives": "both", "mixing_pool": 25_000},
        **{"learning_rate": 1e-4, "decay": "none", "precisions_factor": 10.0},
    },
}
"""The widths, the batch and the rate of the published code; the images are added where their paths are."""
SCALES: Mapping[Preset, Mapping[str, Json]] = {"smoke": SMOKE, "cpu": {}, "paper": PAPER}
NO_STAMPS = "the stamps are not installed: images are the photographs alone, and no class is read out"


def settings_of(recipe: Run) -> Settings:
    """The settings of a recipe.

    Raises:
        InputError: A setting is unknown or unfit, or the published scale lacks a path.
    """
    settings = build(Settings, recipe.settings)
    if recipe.preset == "paper" and settings.part in ("all", "images"):
        for name in ("cifar10", "imagenet"):
            is_given = bool(getattr(settings, name))
            require(is_given, name, "the published scale needs it", f"Give --set {name}=/path/of/it, or another part")
    return settings


def scale_of(recipe: Run) -> Scale:
    """How large and how long the trainings are: by preset, changed by the settings.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    settings = settings_of(recipe)
    sets = {"cifar10": {**CIFAR10, "path": settings.cifar10}, "imagenet": {**IMAGENET, "path": settings.imagenet}}
    published = {name: fields for name, fields in sets.items() if fields["path"]}
    images = {"images": published} if published else {}
    return build(Scale, {**SCALES[recipe.preset], **images, **settings.scale})


def stages_of(recipe: Run) -> list[Stage]:
    """The trainings that a run asks for; without stamps those of the packaged images go without them."""
    part = settings_of(recipe).part
    chosen = [stage for stage in stages(scale_of(recipe)) if part in ("all", stage.part)]
    return [_without_stamps(stage) for stage in chosen]


def trainings_of(recipe: Run) -> list[tuple[Stage, list[Training]]]:
    """The recipes of each stage: all seeds side by side for latents, a recipe for each seed for images."""
    scale = scale_of(recipe)
    seeds = tuple(range(recipe.seed, recipe.seed + scale.seeds))
    return [
        (stage, [_training(stage, chosen) for chosen in ([(seed,) for seed in seeds] if stage.kind == "images" else [seeds])])
        for stage in stages_of(recipe)
    ]


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make a stage.

    Raises:
        InputError: The configuration is unfit, images are not there, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    fields = dict(recipe.configuration)
    kind: Kind = fields.pop(KIND, "pairs")
    if kind == "images":
        return train_images(recipe, build(ImageConfiguration, fields), workshop=workshop)
    if kind == "extension":
        return train_extension(recipe, build(Extension, fields), workshop=workshop, title="several laws, or hard negatives")
    return train_latents(recipe, build(Configuration, fields), workshop=workshop, title="pairs of an anisotropic law")


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all stages and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or images are missing.
    """
    asked = trainings_of(recipe)
    # Two names may stand for one training.
    wanted = {training.digest: training for _, trainings in asked for training in trainings}
    # All at once: on a queue all workers help.
    made = workshop.obtain_all(list(wanted.values()))
    by_digest = {one.digest: one for one in made}
    found = [(stage, [by_digest[training.digest] for training in trainings]) for stage, trainings in asked]
    metrics: dict[str, Metrics] = {
        stage.name: image_metrics(manifests) if stage.kind == "images" else latent_metrics(stage, manifests[0])
        for stage, manifests in found
    }
    return run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=_figures(found, metrics, workshop=workshop),
        parents=[one.digest for one in made],
        device=workshop.device,
        warnings=_warnings(recipe),
    )


def _figures(found: list[tuple[Stage, list[Manifest]]], metrics: Mapping[str, Metrics], *, workshop: Workshop) -> list[RunFigure]:
    parts = {part: [(stage, manifests) for stage, manifests in found if stage.part == part] for part in PARTS}
    figures = []
    if parts["contrast"]:
        curves = {stage.name: curves_of(manifests[0], store=workshop.store) for stage, manifests in parts["contrast"]}
        figures.append(contrast_figure(curves))
    if any(stage.kind != "images" for stage, _ in found):
        figures.append(recovery_figure(metrics))
    if parts["images"]:
        figures.append(image_figure({stage.name: metrics[stage.name] for stage, _ in parts["images"]}))
    return figures


def _training(stage: Stage, seeds: tuple[int, ...]) -> Training:
    return Training(paper="rusak2024_aninfonce", configuration=configuration_of(stage.kind, stage.fields), seeds=seeds)


def configuration_of(kind: Kind, fields: Mapping[str, Json]) -> Mapping[str, Json]:
    """That of a training, whole, so that its digest changes when a default does.

    Raises:
        InputError: A field is unknown or unfit.
    """
    if kind == "images":
        images = build(ImageConfiguration, fields)
        return {**asdict(images), "augmentations": asdict(images.law), KIND: kind}
    if kind == "extension":
        extension = build(Extension, fields)
        return {**asdict(extension), "shared": extension.shared_whole, KIND: kind}
    return {**asdict(build(Configuration, fields)), KIND: kind}


def _warnings(recipe: Run) -> list[str]:
    asked = stages_of(recipe)
    by_warning: dict[str, list[str]] = {}
    for stage in asked:
        by_warning.setdefault(warning_of_stage(stage), []).append(stage.name)
    by_warning.pop("", None)
    is_shown = any(stage.kind == "images" and stage.fields.get("images", "packaged") == "packaged" for stage in asked)
    stamps = [NO_STAMPS] if is_shown and not stamps_are_installed() else []
    return [*stamps, *(f"{', '.join(names)}: {warning}" for warning, names in by_warning.items())]


def warning_of_stage(stage: Stage) -> str:
    """What a training cannot identify; empty where it can, and of images, whose latents nobody knows."""
    if stage.kind == "extension":
        return build(Extension, stage.fields).warning
    return warning_of(build(Configuration, stage.fields)) if stage.kind == "pairs" else ""


def _without_stamps(stage: Stage) -> Stage:
    is_packaged = stage.kind == "images" and stage.fields.get("images", "packaged") == "packaged"
    if stamps_are_installed() or not is_packaged:
        return stage
    return Stage(name=stage.name, part=stage.part, kind=stage.kind, fields={**stage.fields, "stamps": 0})
