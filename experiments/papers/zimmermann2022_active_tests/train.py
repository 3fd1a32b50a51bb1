"""The run: classifiers, then measurements of their defences, each a stage of its own, and what they say together."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.datasets.image_sets import stamps_are_installed
from experiments.methods.run_results import run_product
from experiments.papers.zimmermann2022_active_tests.analysis import Metrics, summary
from experiments.papers.zimmermann2022_active_tests.claims import CLAIMS
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier
from experiments.papers.zimmermann2022_active_tests.classifiers.task import train_classifier
from experiments.papers.zimmermann2022_active_tests.figures.results import figures_of
from experiments.papers.zimmermann2022_active_tests.measurements.configuration import Measurement
from experiments.papers.zimmermann2022_active_tests.measurements.stage import EXAMPLES, measure
from experiments.papers.zimmermann2022_active_tests.measurements.subject import KIND, SLUG, classifier_training
from experiments.papers.zimmermann2022_active_tests.networks import DEFENCES, SEVEN, Defence

Part = Literal["defences", "hardness", "agreement", "large", "pair"]
PARTS: tuple[Part, ...] = ("defences", "hardness", "agreement", "large", "pair")
ONE_KIND: tuple[str, ...] = ("plain", "basic_iterative", "momentum", "adam")
GRADED: Mapping[str, tuple[str, ...]] = {"none": ("plain",), "quantization": ("plain", "adequate")}
"""Attacks whose rates are followed while tests become harder: sound ones, and one that is not."""
LARGE: Mapping[str, Json] = {
    **{"network": "efficientnet_lite0.in1k", "attacks": ["original", "adequate"], "eps": 4 / 255},
    **{"steps": 10, "inner": 99, "images": 64, "side": 64},
}
LARGE_DEFENCES = ("none", "fine_quantization")
PAIR: Mapping[str, Json] = {"data": "stamps", "side": 64, "widths": [16, 32, 64], "steps": 300}
PAIR_EPS = 4 / 255
PAIR_DEFENCES = ("none", "adversarial")
NO_STAMPS = "the stamps are not installed: the large network sees photographs alone"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "defences", "hardness", "agreement", "large", "pair"] = "all"
    """One part alone, or all but the pair, which nothing is claimed of: two classifiers of objects for the zoo."""
    defences: tuple[str, ...] = SEVEN
    """Of the part with the small classifiers."""
    inner: tuple[int, ...] = (49, 99, 199, 399)
    """Points of class 0, in the part about hardness."""
    closeness: tuple[float, ...] = (0.0, 0.5, 0.9, 0.99, 0.999)
    """Places of the threshold, in the same part."""
    cifar10: str = ""
    """Absolute path of the folder that holds `cifar-10-batches-py`; for the published scale."""
    training: Mapping[str, Json] = field(default_factory=dict)
    """Changes of the classifiers, by the fields of `Classifier`."""
    measuring: Mapping[str, Json] = field(default_factory=dict)
    """Changes of the measurements, by the fields of `Measurement`."""
    large: Mapping[str, Json] = field(default_factory=dict)
    """Changes of those of the large network."""
    pair: Mapping[str, Json] = field(default_factory=dict)
    """Changes of the two classifiers of stamps, by the fields of `Classifier`."""

    def __post_init__(self) -> None:
        require(
            set(self.defences) <= set(SEVEN), "defences", f"{list(self.defences)} are unknown", f"Choose among {', '.join(SEVEN)}"
        )
        require(bool(self.defences), "defences", "there are none", f"Choose among {', '.join(SEVEN)}")
        fit = not self.cifar10 or self.cifar10.startswith("/")
        require(fit, "cifar10", f"{self.cifar10!r} is no absolute path", "Give --set cifar10=/path/of/it")


PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {
        "defences": ["none", "quantization", "trapdoor"],
        "inner": [9],
        "closeness": [0.5],
        "training": {"steps": 20, "measure_every": 20, "widths": [8, 8], "hidden": 64, "side": 32},
        "measuring": {"steps": 3, "images": 16, "samples": 4, "inner": 19, "rounds": 2},
        "large": {"steps": 2, "images": 4, "samples": 2, "inner": 9, "side": 32, "photographs": 8, "stamps": 0},
        "pair": {"steps": 3, "measure_every": 3, "widths": [8, 8], "hidden": 64, "stamps": 796, "side": 32},
    },
    "cpu": {},
    "paper": {
        "inner": [49, 99, 199, 499, 999, 1999],
        "closeness": [0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999],
        "training": {
            "data": "cifar10",
            "side": 32,
            "body": "resnet18",
            "hidden": 2048,
            "batch": 128,
            "steps": 78_200,
            "adversary_steps": 10,
        },
        "measuring": {"eps": 8 / 255, "steps": 100, "images": 10_000, "samples": 512, "inner": 999, "batch": 128},
        "large": {"side": 224, "photographs": 1024, "stamps": 1024, "images": 2048, "samples": 512, "inner": 999, "steps": 100},
        "pair": {"side": 96, "body": "resnet18", "steps": 20_000, "hidden": 2048, "adversary_steps": 10},
    },
}
"""Of the published scale: 200 epochs of CIFAR-10, and samples, points and radius of most of the published tests."""
MERGED = ("training", "measuring", "large", "pair")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A measurement and its recipe; `name` is that of its metrics."""

    name: str
    part: Part
    title: str
    recipe: Training


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe, those of objects joined field by field.

    Raises:
        InputError: A setting is unknown or unfit, or the published scale lacks a path.
    """
    preset, changes = PRESETS[recipe.preset], build(Settings, recipe.settings)
    joined = {name: {**preset.get(name, {}), **getattr(changes, name)} for name in MERGED}
    settings = build(Settings, {**preset, **recipe.settings, **joined})
    is_small = settings.part not in ("large", "pair")
    if recipe.preset == "paper" and is_small:
        require(bool(settings.cifar10), "cifar10", "the published scale needs it", "Give --set cifar10=/path/of/it")
    return settings


def stages_of(recipe: Run) -> list[Stage]:
    """The measurements that a run asks for.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    settings = settings_of(recipe)
    base = build(Measurement, settings.measuring)
    found = [_stage(name, "defences", name, settings, {}, recipe) for name in settings.defences]
    for name, attacks in GRADED.items():
        for inner, closeness in _grades(settings, base):
            changes = {"attacks": attacks, "inner": inner, "closeness": closeness, "images": 0}
            found.append(_stage(f"hardness_{name}_{inner}_{closeness:g}", "hardness", name, settings, changes, recipe))
    found.append(_stage("agreement", "agreement", "none", settings, {"attacks": ONE_KIND}, recipe))
    large = {**LARGE, **settings.large}
    large |= {} if stamps_are_installed() else {"stamps": 0}
    found += [_stage(f"large_{name}", "large", name, settings, large, recipe) for name in LARGE_DEFENCES]
    if settings.part == "pair":
        found += [_stage(f"pair_{name}", "pair", name, settings, {"eps": PAIR_EPS}, recipe) for name in PAIR_DEFENCES]
    return [stage for stage in found if settings.part in ("all", stage.part)]


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make a stage.

    Raises:
        InputError: The configuration is unfit, images are not there, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    fields = dict(recipe.configuration)
    if fields.pop(KIND, "classifier") == "measurement":
        return measure(recipe, build(Measurement, fields), workshop=workshop)
    return train_classifier(recipe, build(Classifier, fields), workshop=workshop)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all stages and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or images are missing.
    """
    stages = stages_of(recipe)
    # Those that do not need one another together: on a queue all workers help.
    classifiers = {one.digest: one for one in (_classifier_of(stage.recipe) for stage in stages) if one}
    trained = workshop.obtain_all(list(classifiers.values()))
    wanted = {stage.recipe.digest: stage.recipe for stage in stages}
    made = dict(zip(wanted, workshop.obtain_all(list(wanted.values())), strict=True))
    found = {stage.name: made[stage.recipe.digest] for stage in stages}
    metrics: dict[str, Metrics] = {stage.name: summary(found[stage.name].values, title=stage.title) for stage in stages}
    for stage in stages:
        metrics[stage.name] |= {"part": stage.part, "defence": stage.recipe.configuration["defence"]}
        metrics[stage.name] |= {name: stage.recipe.configuration[name] for name in ("inner", "closeness", "eps")}
    sheets = {stage.name: _examples(found[stage.name], workshop) for stage in stages if _has_examples(found[stage.name])}
    product = run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=figures_of(metrics, sheets),
        parents=[*(one.digest for one in trained), *(one.digest for one in made.values())],
        device=workshop.device,
        warnings=[] if stamps_are_installed() else [NO_STAMPS],
    )
    pictures = [NewFile(name=f"{name}_{EXAMPLES}", content=content) for name, content in sheets.items()]
    return replace(product, new_files=(*product.new_files, *pictures))


def _grades(settings: Settings, base: Measurement) -> list[tuple[int, float]]:
    """More and more points at one closeness, and at one number of points closer and closer; each once."""
    by_points = [(inner, base.closeness) for inner in settings.inner]
    by_closeness = [(base.inner, closeness) for closeness in settings.closeness]
    return list(dict.fromkeys(by_points + by_closeness))


def _stage(name: str, part: Part, defence: str, settings: Settings, changes: Mapping[str, Json], recipe: Run) -> Stage:
    """A measurement of a defence, whole, so that its digest changes when a default does."""
    about = DEFENCES[defence]
    asked = build(Settings, recipe.settings).measuring
    fields = {**settings.measuring, **_test_of(about, settings), **asked, **changes}
    merged = build(Measurement, {**fields, "defence": defence, "version": about.version})
    if not merged.network:
        ours = {**PAIR, **settings.pair} if part == "pair" else {**settings.training, **_path(settings)}
        met = {"eps": merged.eps} if about.meets_adversary else {}
        classifier = asdict(build(Classifier, {"amplitude": merged.eps, **ours, **about.changes, **met}))
        merged = replace(merged, classifier=classifier)
    configuration = {**asdict(merged), KIND: "measurement"}
    return Stage(
        name=name, part=part, title=about.title, recipe=Training(paper=SLUG, configuration=configuration, seeds=(recipe.seed,))
    )


def _test_of(about: Defence, settings: Settings) -> Mapping[str, Json]:
    """What a defence changes of the preset's test; a smaller test stays as small as it is."""
    inner = min(about.test.get("inner", math.inf), settings.measuring.get("inner", math.inf))
    return {**about.test, "inner": inner} if "inner" in about.test else about.test


def _path(settings: Settings) -> Mapping[str, Json]:
    return {"path": settings.cifar10} if settings.cifar10 else {}


def _classifier_of(stage: Training) -> Training | None:
    """The recipe of the classifier that a measurement is of, if it is one that is trained here."""
    fields = stage.configuration["classifier"]
    (seed,) = stage.seeds
    return classifier_training(build(Classifier, fields), seed=seed) if fields else None


def _has_examples(made: Manifest) -> bool:
    return any(file.name == EXAMPLES for file in made.files)


def _examples(made: Manifest, workshop: Workshop) -> bytes:
    return workshop.store.read_blob(made.file(EXAMPLES).sha256)
