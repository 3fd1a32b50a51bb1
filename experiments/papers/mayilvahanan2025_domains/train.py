"""The run: a classifier of domains, networks trained on mixed sets, CLIP where shards are given, and what they say together."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Run, ShardContents, ShardList, Training
from experiments.contract.recipes.runs import Preset
from experiments.datasets.archives import expand
from experiments.methods.run_results import RunFigure, run_product
from experiments.papers.mayilvahanan2025_domains.claims import CLAIMS
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.classifier.training import train_classifier
from experiments.papers.mayilvahanan2025_domains.classifier.words import warnings_of
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.network import network_configuration
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
NESTED = ("mixing", "classifier")
"""Fields of `Scale` that are changed field by field."""
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
    """Changes of its training, by the fields of `ClipConfiguration` but `listing`."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how large and how long trainings are, by the fields of `Scale`."""

    def __post_init__(self) -> None:
        needs = self.part == "clip"
        remedy = "Give --set shards=/data/{000..146}.tar"
        require(not needs or bool(self.shards), "shards", "CLIP is trained on shards", remedy)
        fit = self.shards.startswith("/") and self.shards.endswith(".tar")
        require(fit or not self.shards, "shards", f"{self.shards!r} is no absolute path of tar files", remedy)
        require("listing" not in self.clip, "clip", "its list of shards is made from `shards`", remedy)


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
    settings = settings_of(recipe)
    for name in NESTED:
        given = settings.scale.get(name, {})
        require(isinstance(given, Mapping), name, f"{given!r} is no object", f"Give --set scale='{{\"{name}\": {{…}}}}'")
    preset, changes = SCALES[recipe.preset], settings.scale
    nested = {name: {**preset.get(name, {}), **changes.get(name, {})} for name in NESTED}
    return build(Scale, {**preset, **changes, **nested})


def classifier_stage(recipe: Run) -> Training:
    """That of the domain classifier."""
    scale = scale_of(recipe)
    about = build(ClassifierConfiguration, {**scale.classifier, "labels": settings_of(recipe).labels})
    return Training(paper=SLUG, configuration={**asdict(about), KIND: "classifier"}, seeds=(0,))


def shard_list(recipe: Run) -> ShardList:
    """The shards of the settings as they are now.

    Raises:
        InputError: One of them is not there.
    """
    listed = [ShardContents.at(path).as_json() for path in expand(settings_of(recipe).shards)]
    return ShardList(shards=tuple({name: value for name, value in one.items() if name != "kind"} for one in listed))


def clip_stage(recipe: Run, *, listing: str) -> Training:
    """That of CLIP on the shards of a list.

    Raises:
        InputError: A setting is unknown or unfit, or open_clip cannot build the network.
    """
    about = build(ClipConfiguration, {**settings_of(recipe).clip, "listing": listing})
    network_configuration(about)
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
    if settings.shards and settings.part in ("all", "clip"):
        others.append(clip_stage(recipe, listing=workshop.obtain(shard_list(recipe)).digest))
    # Before the trainings: a machine without stamps or photographs fails here and not at the end.
    sheets = [NewFile(name="domains.png", content=sheet_png())] if settings.part != "clip" else []
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
        warnings=warnings_of(by_kind["classifier"]) if "classifier" in by_kind else (),
    )
    return replace(product, new_files=(*product.new_files, *sheets))


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
