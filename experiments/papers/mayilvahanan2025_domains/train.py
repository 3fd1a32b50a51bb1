"""The run: a classifier of domains, networks trained on mixed sets, CLIP where shards are given, and what they say together."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.mayilvahanan2025_domains.claims import CLAIMS
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.classifier.training import train_classifier
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.training import train_clip
from experiments.papers.mayilvahanan2025_domains.figures.classifier import confusion_figure, precision_figure
from experiments.papers.mayilvahanan2025_domains.figures.mixing import share_figure
from experiments.papers.mayilvahanan2025_domains.figures.sheet import sheet_png
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration, Model
from experiments.papers.mayilvahanan2025_domains.mixing.summary import Cell, summarized
from experiments.papers.mayilvahanan2025_domains.mixing.training import train_mixture
from experiments.papers.mayilvahanan2025_domains.networks import MODELS, PAPER, POOL, SMOKE, Scale

SLUG = "mayilvahanan2025_domains"
KIND = "experiment"
"""The field of a training's configuration that says of which kind it is."""
SCALES: Mapping[Preset, Mapping[str, Json]] = {"smoke": SMOKE, "cpu": {}, "paper": PAPER}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "classifier", "mixing", "clip"] = "all"
    """One part alone, or all; CLIP is a part where shards are given."""
    labels: str = ""
    """Digest of the analysis of a labelling study, whose labels the classifier learns; empty: the truth of the making."""
    shards: str = ""
    """Absolute path of WebDataset shards of pairs, with braces, on which CLIP is trained."""
    clip: Mapping[str, Json] = field(default_factory=dict)
    """Changes of its training, by the fields of `ClipConfiguration`."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how large and how long trainings are, by the fields of `Scale`."""

    def __post_init__(self) -> None:
        needs = self.part == "clip"
        require(not needs or bool(self.shards), "shards", "CLIP is trained on shards", "Give --set shards=/data/{000..146}.tar")


def settings_of(recipe: Run) -> Settings:
    """The settings of a recipe.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    return build(Settings, recipe.settings)


def scale_of(recipe: Run) -> Scale:
    """How large and how long the trainings are: by preset, changed by the settings; `mixing` and `classifier` field by field.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    preset, changes = SCALES[recipe.preset], settings_of(recipe).scale
    nested = {name: {**preset.get(name, {}), **changes.get(name, {})} for name in ("mixing", "classifier")}
    return build(Scale, {**preset, **changes, **nested})


def classifier_stage(recipe: Run) -> Training:
    """That of the domain classifier."""
    scale = scale_of(recipe)
    about = build(ClassifierConfiguration, {**scale.classifier, "labels": settings_of(recipe).labels})
    return Training(paper=SLUG, configuration={**asdict(about), KIND: "classifier"}, seeds=(0,))


def clip_stage(recipe: Run) -> Training:
    """That of CLIP."""
    settings = settings_of(recipe)
    about = build(ClipConfiguration, {**settings.clip, "shards": settings.shards})
    return Training(paper=SLUG, configuration={**asdict(about), KIND: "clip"}, seeds=(recipe.seed,))


def cells_of(recipe: Run) -> list[tuple[Cell, Training]]:
    """The trainings of the mixing study: shares, and random sets as references, of each network, size and seed."""
    scale = scale_of(recipe)
    seeds = range(recipe.seed, recipe.seed + scale.seeds)
    found = []
    for model, size, seed in itertools.product(MODELS, scale.sizes, seeds):
        for share in scale.shares:
            about = scale.configuration(model=model, images=size, renditions=share)
            found.append((Cell(model=model, size=size, seed=seed, share=share), _training(about, seed=seed)))
        found.append(_reference(scale, model=model, size=size, seed=seed))
    for model, size, seed in itertools.product(MODELS, scale.reference_sizes, seeds):
        found.append(_reference(scale, model=model, size=size, seed=seed))
    return found


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make a stage.

    Raises:
        InputError: The configuration is unfit, or images, labels or shards are missing.
        Cancelled: The job was cancelled.
    """
    fields = dict(recipe.configuration)
    kind = fields.pop(KIND, "")
    if kind == "classifier":
        return train_classifier(recipe, build(ClassifierConfiguration, fields), workshop=workshop)
    if kind == "clip":
        return train_clip(recipe, build(ClipConfiguration, fields), workshop=workshop)
    return train_mixture(recipe, build(MixingConfiguration, fields), workshop=workshop)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all stages and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or images, labels or shards are missing.
    """
    settings = settings_of(recipe)
    cells = cells_of(recipe) if settings.part in ("all", "mixing") else []
    others = [classifier_stage(recipe)] if settings.part in ("all", "classifier") else []
    others += [clip_stage(recipe)] if settings.shards and settings.part in ("all", "clip") else []
    # All at once: on a queue all workers help.
    made = workshop.obtain_all([*others, *(training for _, training in cells)])
    first, rest = made[: len(others)], made[len(others) :]
    by_kind = {str(stage.configuration[KIND]): one.values for stage, one in zip(others, first, strict=True)}
    metrics = {
        **by_kind,
        **summarized([(cell, one.values) for (cell, _), one in zip(cells, rest, strict=True)], seed=recipe.seed),
    }
    product = run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=_figures(metrics),
        parents=[one.digest for one in made],
        device=workshop.device,
    )
    return replace(product, new_files=(*product.new_files, NewFile(name="domains.png", content=sheet_png())))


def _reference(scale: Scale, *, model: Model, size: int, seed: int) -> tuple[Cell, Training]:
    about = scale.configuration(model=model, images=size, renditions=POOL["renditions"], ambiguous=POOL["ambiguous"])
    return Cell(model=model, size=size, seed=seed, share=None), _training(about, seed=seed)


def _training(about: MixingConfiguration, *, seed: int) -> Training:
    return Training(paper=SLUG, configuration={**asdict(about), KIND: "mixing"}, seeds=(seed,))


def _figures(metrics: Mapping[str, Mapping[str, Json]]) -> Sequence[RunFigure]:
    figures = []
    if "classifier" in metrics:
        figures += [precision_figure(metrics["classifier"]), confusion_figure(metrics["classifier"])]
    mixed = {name: some for name, some in metrics.items() if "curves" in some}
    return [*figures, *([share_figure(mixed)] if mixed else [])]
