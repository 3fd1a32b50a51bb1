"""Which networks a run trains: its settings, the presets, and the trainings that follow from them. Called by `train`."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import Run, Training
from experiments.contract.recipes.runs import Preset
from experiments.papers.brady2023_objects.images.autoencoders import Images
from experiments.papers.brady2023_objects.images.networks import Method
from experiments.papers.brady2023_objects.synthetic.autoencoders import Synthetic
from experiments.papers.brady2023_objects.synthetic.generator import Dependence

LAWS: tuple[Dependence, ...] = ("independent", "dependent")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run makes."""

    part: Literal["all", "synthetic", "images"] = "all"
    slots: tuple[int, ...] = (2, 3, 5)
    """Of the synthetic experiment with independent latents."""
    dependent_slots: tuple[int, ...] = (2, 3, 5)
    """The same with dependent ones."""
    latents: Literal["both", "independent", "dependent"] = "both"
    lambdas: tuple[float, ...] = (0.0, 0.01, 0.1, 1.0)
    """Weights of the contrast."""
    seeds: int = 5
    """Networks of each weight; the first seed is that of the run."""
    methods: tuple[Method, ...] = ("sum", "masks", "attention", "monet")
    """Of the image experiment."""
    image_seeds: int = 3
    """Networks of each method."""
    steps: int = 0
    """Of every training; 0 leaves what the preset says."""
    synthetic: Mapping[str, Json] = field(default_factory=dict)
    """Changes of the preset's amounts, by the fields of `Synthetic`."""
    images: Mapping[str, Json] = field(default_factory=dict)
    """The same by the fields of `Images`."""

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 100)
        require_range(self, "image_seeds", 1, 100)
        require_range(self, "steps", 0, 10**8)
        for name in ("slots", "lambdas", "methods"):
            require(bool(getattr(self, name)), name, "it is empty", "Give at least one")


PRESETS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"slots": [2], "dependent_slots": [2], "lambdas": [0.0, 0.1], "seeds": 2, "image_seeds": 1},
    "cpu": {"slots": [2, 3], "dependent_slots": [2]},
    "paper": {},
}
AMOUNTS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {"steps": 60, "scenes": 1000, "fit": 60, "score": 30, "contrast_batch": 16},
    "cpu": {"steps": 20_000, "contrast_batch": 16},
    "paper": {},
}
"""Of the synthetic experiment, by the fields of `Synthetic`."""
CPU_STEPS: Mapping[int, int] = {3: 40_000}
"""Of the synthetic experiment with a contrast, by the number of slots, where two cores make more than the preset says."""
IMAGE_AMOUNTS: Mapping[Preset, Mapping[str, Json]] = {
    "smoke": {
        **{"side": 16, "channels": 4, "width": 16, "latents": 4, "slots": 2, "most": 2, "scenes": 64},
        **{"steps": 10, "batch": 8, "fit": 30, "score": 20, "contrast_scenes": 2},
    },
    "cpu": {
        **{"side": 32, "slots": 3, "most": 3, "smallest": 0.12, "largest": 0.18, "scenes": 20_000},
        **{"channels": 16, "width": 64, "steps": 2000, "batch": 16},
        **{"decay": "cosine", "warm_up": 200, "clip": 1.0, "fit": 600, "score": 400},
    },
    "paper": {},
}
"""By the fields of `Images`."""
ADDITIVE: Mapping[str, Json] = {"width": 128, "learning_rate": 3e-3}
ON_PATCHES: Mapping[str, Json] = {"learning_rate": 4e-3}
CPU_METHODS: Mapping[Method, Mapping[str, Json]] = {
    **{"sum": ADDITIVE, "masks": ADDITIVE},
    **{"attention": ON_PATCHES, "monet": ON_PATCHES},
}
"""What the methods do not have in common on two cores."""


def settings_of(recipe: Run) -> Settings:
    """The preset with the changes of a recipe.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    return build(Settings, {**PRESETS[recipe.preset], **recipe.settings})


def trainings(recipe: Run) -> list[Training]:
    """All trainings of a run, those that take longest first; they do not need one another.

    Raises:
        InputError: A setting is unknown or unfit.
    """
    settings = settings_of(recipe)
    made = [*synthetic_trainings(recipe, settings)] if settings.part != "images" else []
    return made + ([*image_trainings(recipe, settings)] if settings.part != "synthetic" else [])


def synthetic_trainings(recipe: Run, settings: Settings) -> Iterator[Training]:
    """For each law and number of slots one training of all weights above 0, and one without the contrast, which is quicker."""
    seeds = _seeds(recipe, settings.seeds)
    numbers = {"independent": settings.slots, "dependent": settings.dependent_slots}
    penalized = tuple(weight for weight in settings.lambdas if weight)
    for law in LAWS:
        for slots in sorted(numbers[law], reverse=True) if settings.latents in ("both", law) else ():
            for weights in filter(None, (penalized, tuple(weight for weight in settings.lambdas if not weight))):
                values = {"slots": slots, "latents": law, "contrast_weights": weights, **AMOUNTS[recipe.preset]}
                if recipe.preset == "cpu" and weights == penalized:
                    values["steps"] = CPU_STEPS.get(slots, values["steps"])
                about = build(Synthetic, {**values, **_steps(settings), **settings.synthetic})
                yield Training(paper=recipe.paper, configuration=asdict(about), seeds=seeds)


def image_trainings(recipe: Run, settings: Settings) -> Iterator[Training]:
    """One for each seed and method, so that the first seed of all methods is there first."""
    for seed in _seeds(recipe, settings.image_seeds):
        for method in settings.methods:
            own = CPU_METHODS[method] if recipe.preset == "cpu" else {}
            values = {"method": method, **IMAGE_AMOUNTS[recipe.preset], **own, **_steps(settings), **settings.images}
            about = build(Images, values)
            yield Training(paper=recipe.paper, configuration=asdict(about), seeds=(seed,))


def _seeds(recipe: Run, count: int) -> tuple[int, ...]:
    return tuple(range(recipe.seed, recipe.seed + count))


def _steps(settings: Settings) -> dict[str, Json]:
    return {"steps": settings.steps} if settings.steps else {}
