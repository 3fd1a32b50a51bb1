"""The run: networks trained with several numbers of slots, each measured with all of them, and what changes this.

Every training is an artifact of its own, so that a run that was interrupted goes on where it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.methods.run_results import RunFigure, run_product
from experiments.methods.slots.configuration import Configuration, Data
from experiments.methods.slots.control import clustered
from experiments.methods.slots.curves import curve_figure, heat_figure
from experiments.methods.slots.sheet import sheet_figure, sheet_png
from experiments.methods.slots.stage import SCORES, read_scores, train_stage
from experiments.papers.zimmermann2023_slots.analysis import Arrays, Cells, Metrics, variant_metrics
from experiments.papers.zimmermann2023_slots.claims import CLAIMS
from experiments.papers.zimmermann2023_slots.networks import BASE, PAPER, SMOKE, VARIANTS, Variant

SLUG = "zimmermann2023_slots"
CONTROL = "k_means"
PUBLISHED: tuple[Data, ...] = ("clevr", "movi")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A training and its number of slots."""

    slots: int
    recipe: Training


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "sweep", "methods", "objectives", "annotations", "data", "control"] = "all"
    """One part alone, or all; comparisons with the base need the sweep, which is taken from the store if it is there."""
    variants: tuple[str, ...] = ()
    """Some of the part's variants alone, by name; empty: all."""
    slots: tuple[int, ...] = (2, 4, 7)
    """In training: too few, the objects and the background, too many."""
    tested: tuple[int, ...] = (2, 3, 4, 5, 7, 11)
    """In measuring."""
    seeds: int = 3
    """Networks of the sweep for each number of slots."""
    further_seeds: int = 1
    """The same of each variant."""
    data: Data = "sprites"
    """Scenes of the sweep, and of all variants that do not change them."""
    path: str = ""
    """Absolute path of a published data set."""
    control_images: int = 200
    """Held-out scenes that k-means clusters."""
    training: Mapping[str, Json] = field(default_factory=dict)
    """Changes of every training, by the fields of `Configuration`."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 1000)
        require_range(self, "further_seeds", 1, 1000)
        require_range(self, "control_images", 2, 100_000)
        require(len(self.slots) >= 2, "slots", "one number says nothing of sensitivity", "Give at least two, such as [2,4]")
        known = [variant.name for variant in VARIANTS]
        require(set(self.variants) <= set(known), "variants", f"{list(self.variants)} are unknown", f"Choose among {known}")
        remedy = f"Leave it out, or give --set data={'|'.join(PUBLISHED)}"
        require(not self.path or self.data in PUBLISHED, "path", f"{self.data} are rendered, so that no file is read", remedy)
        self.configuration(BASE, slots=self.slots[0])

    def configuration(self, variant: Variant, *, slots: int) -> Mapping[str, Json]:
        """That of a training of a variant, whole, so that its digest changes when a default does.

        Raises:
            InputError: A field is unknown or unfit.
        """
        shared = {"data": self.data, "path": self.path, "tested": list(self.tested), **self.training}
        return asdict(build(Configuration, {**shared, **variant.changes, "slots": slots}))


PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"slots": [2, 5], "tested": [2, 5], "seeds": 1, "control_images": 60, "training": SMOKE},
    "cpu": {},
    "paper": {
        "slots": [3, 5, 7, 9, 11, 15, 22],
        "tested": [3, 5, 7, 9, 11, 15, 22],
        "seeds": 5,
        "further_seeds": 5,
        "training": PAPER,
    },
}


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe; those of `training` are joined field by field.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    preset = PRESETS[recipe.preset]
    changes = build(Settings, recipe.settings).training
    return build(Settings, {**preset, **recipe.settings, "training": {**preset.get("training", {}), **changes}})


def train(recipe: Training, workshop: Workshop) -> Product:
    """Make one training.

    Raises:
        InputError: The configuration is unfit, or its data set is not there.
    """
    return train_stage(recipe, workshop)


def make(recipe: Run, workshop: Workshop) -> Product:
    """Make all trainings of a run and judge the claims.

    Raises:
        InputError: A setting is unknown or unfit, or a data set is not there.
    """
    settings = settings_of(recipe)
    wanted = [variant for variant in VARIANTS if _is_wanted(variant, settings)]
    stages = {variant.name: stages_of(variant, settings, seed=recipe.seed) for variant in wanted}
    made = workshop.obtain_all([stage.recipe for some in stages.values() for stage in some])
    manifests = iter(made)
    cells = {
        name: _by_slots([(stage.slots, _scores(next(manifests), workshop)) for stage in some]) for name, some in stages.items()
    }
    objects = build(Configuration, settings.configuration(BASE, slots=settings.slots[0])).objects
    metrics = {
        variant.name: variant_metrics(
            cells[variant.name],
            title=variant.title,
            objects=objects,
            seed=recipe.seed,
            # Those of other parts are measured on other images, or are other methods.
            base=cells[BASE.name] if variant.part in ("objectives", "annotations") else None,
        )
        for variant in wanted
    }
    if settings.part in ("all", "control"):
        metrics[CONTROL] = _control(settings, seed=recipe.seed)
    product = run_product(
        recipe,
        metrics=metrics,
        claims=CLAIMS,
        figures=_figures(cells, metrics),
        parents=[manifest.digest for manifest in made],
        device=workshop.device,
    )
    return replace(product, new_files=(*product.new_files, *_sheets(cells)))


def stages_of(variant: Variant, settings: Settings, *, seed: int) -> list[Stage]:
    """The trainings of a variant, one for each number of slots and seed."""
    count = settings.seeds if variant is BASE else settings.further_seeds
    return [
        Stage(
            slots=slots,
            recipe=Training(paper=SLUG, configuration=settings.configuration(variant, slots=slots), seeds=(seed + number,)),
        )
        for number in range(count)
        for slots in settings.slots
    ]


def _is_wanted(variant: Variant, settings: Settings) -> bool:
    """The base is wanted by every part but the control, for comparison."""
    if settings.part == "control" or variant is BASE:
        return settings.part != "control"
    return settings.part in ("all", variant.part) and (not settings.variants or variant.name in settings.variants)


def _scores(manifest: Manifest, workshop: Workshop) -> Arrays:
    return read_scores(workshop.store.read_blob(manifest.file(SCORES).sha256))


def _by_slots(scores: Sequence[tuple[int, Arrays]]) -> Cells:
    cells: dict[int, list[Arrays]] = {}
    for slots, arrays in scores:
        cells.setdefault(slots, []).append(arrays)
    return cells


def _control(settings: Settings, *, seed: int) -> Metrics:
    """The same measures of clusters that nobody trained; 0 stands for slots in training."""
    configuration = build(Configuration, settings.configuration(BASE, slots=settings.slots[0]))
    scenes = configuration.held_out_scenes().first(settings.control_images)
    arrays = clustered(scenes, tested=settings.tested, seed=seed)
    return variant_metrics({0: [arrays]}, title="k-means on color and place", objects=configuration.objects, seed=seed)


def _figures(cells: Mapping[str, Cells], metrics: Mapping[str, Metrics]) -> list[RunFigure]:
    figures = [curve_figure(name, found) for name, found in metrics.items()]
    figures += [heat_figure(name, found) for name, found in metrics.items() if name != CONTROL]
    figures += [sheet_figure(name, _shown(found), title=metrics[name]["title"]) for name, found in cells.items()]
    return figures


def _sheets(cells: Mapping[str, Cells]) -> list[NewFile]:
    return [NewFile(name=f"{name}_segmentations.png", content=sheet_png(_shown(found))) for name, found in cells.items()]


def _shown(found: Cells) -> dict[int, Arrays]:
    """The networks of the first seed."""
    return {slots: some[0] for slots, some in sorted(found.items())}
