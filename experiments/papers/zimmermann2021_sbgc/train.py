"""The run: trainings of score models and baselines, then measurements of their classifiers, each a stage of its own.

Every stage is an artifact, so that a run that was interrupted goes on where it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.artifacts import Manifest, Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.run_results import run_product
from experiments.papers.zimmermann2021_sbgc.analysis import Found, metrics_of
from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Discriminative, Flow
from experiments.papers.zimmermann2021_sbgc.baselines.training import train_discriminative, train_flow
from experiments.papers.zimmermann2021_sbgc.claims import CLAIMS
from experiments.papers.zimmermann2021_sbgc.figures.all_figures import figures_of
from experiments.papers.zimmermann2021_sbgc.measurements.plan import KIND, Plan
from experiments.papers.zimmermann2021_sbgc.measurements.stage import arrays_of, measure
from experiments.papers.zimmermann2021_sbgc.networks import PAPER, SMOKE, Scale
from experiments.papers.zimmermann2021_sbgc.score.training import ScoreStage, train_score

SCALES: Mapping[Preset, Mapping[str, Json]] = {"smoke": SMOKE, "cpu": {}, "paper": PAPER}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    cifar10: str = ""
    """Absolute path of the folder that holds `cifar-10-batches-py`; for the published scale."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how much is trained and measured, by the fields of `Scale`."""

    def __post_init__(self) -> None:
        fits = not self.cifar10 or self.cifar10.startswith("/")
        require(fits, "cifar10", f"{self.cifar10!r} is no absolute path", "Give --set cifar10=/path/of/it")


def plan_of(recipe: Run) -> Plan:
    """All stages of a run.

    Raises:
        InputError: A setting is unknown or unfit, or the published scale lacks its images.
    """
    settings = build(Settings, recipe.settings)
    is_published = recipe.preset == "paper"
    remedy = "Give --set cifar10=/path/of/the/folder that holds cifar-10-batches-py"
    require(bool(settings.cifar10) or not is_published, "cifar10", "the published scale needs it", remedy)
    scale = build(Scale, {**SCALES[recipe.preset], **settings.scale})
    return Plan(
        scale=scale,
        data="cifar10" if is_published else "digits",
        path=settings.cifar10 if is_published else "",
        seeds=tuple(range(recipe.seed, recipe.seed + scale.seeds)),
    )


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make a stage: train a network, or measure one.

    Raises:
        InputError: The configuration is unfit, images are not there, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    fields = dict(recipe.configuration)
    kind = str(fields.pop(KIND, "score"))
    if kind == "score":
        return train_score(recipe, build(ScoreStage, fields), workshop=workshop)
    if kind == "discriminative":
        return train_discriminative(recipe, build(Discriminative, fields), workshop=workshop)
    if kind == "flow":
        return train_flow(recipe, build(Flow, fields), workshop=workshop)
    return measure(recipe, kind, fields, workshop=workshop)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all stages and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or images are missing.
    """
    plan = plan_of(recipe)
    # Measurements need networks; whatever needs nothing else is asked for together, so that on a queue all workers help.
    trained = workshop.obtain_all(plan.trainings())
    stages = plan.measurements()
    measured = workshop.obtain_all([stage.recipe for stage in stages])
    by_name: dict[str, list[Manifest]] = {}
    for stage, made in zip(stages, measured, strict=True):
        by_name.setdefault(stage.name, []).append(made)
    found = {
        name: Found(values=[one.values for one in made], arrays=[arrays_of(one, store=workshop.store) for one in made])
        for name, made in by_name.items()
    }
    return run_product(
        recipe,
        metrics=metrics_of(found, trained=trained, measured=measured),
        claims=CLAIMS,
        figures=figures_of(found),
        parents=[made.digest for made in (*trained, *measured)],
        device=workshop.device,
    )
