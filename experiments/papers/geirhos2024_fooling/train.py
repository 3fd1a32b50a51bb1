"""The run: theory, path similarity, circuits and the study of a fooled network, for each network of a preset.

Every stage is an artifact of its own, so that a run that was interrupted goes on where it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.contract.artifacts import Manifest, Product, Workshop
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Circuit, Network, Recipe, Run
from experiments.contract.recipes.runs import Preset
from experiments.methods.path_figure import path_figure
from experiments.methods.run_results import RunFigure, run_product
from experiments.methods.theory.figure import theory_figure
from experiments.papers.geirhos2024_fooling.analysis import (
    Metrics,
    circuit_metrics,
    detector_metrics,
    path_metrics,
    study_metrics,
    theory_metrics,
)
from experiments.papers.geirhos2024_fooling.claims import CLAIMS
from experiments.papers.geirhos2024_fooling.networks import EFFICIENTNET, Scale, Subject, digits, published, published_silent

CONDITIONS = ("natural", "synthetic")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "theory", "paths", "circuits", "study"] = "all"
    """One part alone, or all; a study needs its circuit, which is made with it."""
    networks: Literal["digits", "efficientnet_lite0", "both", "published"] = "both"
    """`published`: Inception-V1 and ResNet-50, whose weights the operator gives."""
    images: str = ""
    """Absolute path of ImageNet's training images, a folder for each class named by its index; for the published networks."""
    labeled: str = ""
    """The same of ImageNet's validation images; for ResNet-50, since the classes of Inception-V1 have an order of their own."""
    epochs: int = 10
    """Of the training of the network on digits."""
    scale: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how much is made of every network, by the fields of `Scale`."""

    def __post_init__(self) -> None:
        require_range(self, "epochs", 1, 1000)
        for name in ("images", "labeled"):
            given = self.networks != "published" or getattr(self, name).startswith("/")
            require(given, name, "the published networks need ImageNet", f"Give --set {name}=/path/of/a/folder/of/classes")
        build(Scale, self.scale)


SMOKE: Mapping[str, Json] = {
    **{"rendered": 8, "measured": 4, "circuit_steps": 16, "epochs": 2},
    **{"visualizations": 2, "steps": 16, "classes": 3, "least_images": 4, "units": 2},
}
"""Enough to show that the stages fit together, and nothing else."""
CPU: Mapping[str, Mapping[str, Json]] = {
    "digits": {
        **{"rendered": 80, "measured": 10, "circuit_steps": 128, "epochs": 12},
        **{"steps": 128, "classes": 10, "units": 10},
    },
    "efficientnet_lite0": {
        **{"rendered": 48, "measured": 16, "circuit_steps": 64, "epochs": 12},
        **{"visualizations": 4, "steps": 128, "classes": 12, "least_images": 4, "units": 10},
    },
}
"""By network; what two cores make within the hour."""
PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"networks": "digits", "epochs": 2},
    "cpu": {},
    "paper": {"networks": "published"},
}


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    return build(Settings, {**PRESETS[recipe.preset], **recipe.settings})


def scale_of(recipe: Run, subject: Subject) -> Scale:
    """How much is made of a network: by preset and network, changed by the settings.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    amounts = {"smoke": SMOKE, "cpu": CPU.get(subject.name, {}), "paper": {}}[recipe.preset]
    return build(Scale, {**amounts, **settings_of(recipe).scale})


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all stages and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or weights or images are missing.
    """
    run = Stages(recipe, workshop)
    if run.wants("theory"):
        run.add_theory()
    for subject in run.subjects():
        if run.wants("paths") and len(subject.paths) > 1:
            run.add_paths(subject)
        if run.wants("circuits"):
            run.add_circuits(subject)
        if run.wants("study") and subject.study_layer:
            run.add_study(subject)
    return run_product(
        recipe, metrics=run.metrics, claims=CLAIMS, figures=run.figures, parents=run.parents, device=workshop.device
    )


class Stages:
    """A run on its way: what it has measured, drawn and built on so far."""

    def __init__(self, recipe: Run, workshop: Workshop) -> None:
        self.recipe, self.settings, self.workshop, self.seed = recipe, settings_of(recipe), workshop, recipe.seed
        self.metrics: dict[str, Metrics] = {}
        self.figures: list[RunFigure] = []
        self.parents: list[str] = []

    def wants(self, part: str) -> bool:
        """Whether a part was asked for."""
        return self.settings.part in ("all", part)

    def subjects(self) -> list[Subject]:
        """The networks, that on digits trained first."""
        if self.settings.part == "theory":
            return []
        if self.settings.networks == "published":
            return [published(self.settings.images), published_silent(self.settings.images, self.settings.labeled)]
        subjects = [] if self.settings.networks == "efficientnet_lite0" else [self._trained()]
        return subjects if self.settings.networks == "digits" else [*subjects, EFFICIENTNET]

    def add_theory(self) -> None:
        """The table of function classes."""
        self.metrics["theory"] = theory_metrics(seed=self.seed)
        self.figures.append(theory_figure(self.metrics["theory"]["table"]))

    def add_paths(self, subject: Subject) -> None:
        """Path similarity of the network as it is."""
        made = self._obtained(subject.path_similarity(self._scale(subject), seed=self.seed))
        self._measured(subject, path_metrics(made))
        figure = path_figure(
            f"paths_{subject.name}",
            made.values["layers"]["spearman"],
            title=f"{subject.title}: natural images and visualizations of a class on their way",
            subtitle=f"{len(made.values['images'])} classes",
        )
        self.figures.append(figure)

    def add_circuits(self, subject: Subject) -> None:
        """A gate in the last layer and silent branches in a convolution, both verified."""
        scale = self._scale(subject)
        if len(subject.paths) > 1:
            circuit = subject.gate(subject.classifier, scale, seed=self.seed)
            self._measured(subject, detector_metrics(self._obtained(circuit.detector)))
            self._add_circuit(subject, "gate", circuit)
        if subject.silent_layer:
            self._add_circuit(subject, "silent", subject.silent(scale, seed=self.seed))

    def add_study(self, subject: Subject) -> None:
        """A machine's accuracy with the original and the fooled network; without a published circuit there is no study."""
        scale = self._scale(subject)
        made = self._obtained(subject.gate(subject.study_layer, scale, seed=self.seed))
        self._measured(subject, {"study_circuit_published": made.values["published"]})
        if not made.values["published"]:
            return
        answers = {
            model: {
                condition: self._obtained(subject.answers(model, scale, condition=condition, seed=self.seed))
                for condition in CONDITIONS
            }
            for model in (subject.model, self._brought(made))
        }
        original, fooled = answers.values()
        self._measured(subject, study_metrics(original, fooled, seed=self.seed))

    def _add_circuit(self, subject: Subject, name: str, circuit: Circuit) -> None:
        self._measured(subject, circuit_metrics(name, self._obtained(circuit)))

    def _trained(self) -> Subject:
        made = self._obtained(Network(epochs=self.settings.epochs, seed=self.seed))
        subject = digits(self._brought(made))
        self._measured(subject, made.values)
        return subject

    def _brought(self, made: Manifest) -> str:
        """The id of a model that was made, once it is in the zoo of this machine."""
        name = model_id(made.digest)
        bring_models(name, store=self.workshop.store)
        return name

    def _obtained(self, recipe: Recipe) -> Manifest:
        made = self.workshop.obtain(recipe)
        self.parents.append(made.digest)
        return made

    def _measured(self, subject: Subject, found: Mapping[str, Json]) -> None:
        self.metrics.setdefault(subject.name, {}).update(found)

    def _scale(self, subject: Subject) -> Scale:
        return scale_of(self.recipe, subject)
