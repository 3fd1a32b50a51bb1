"""The occlusion prediction of Zimmermann et al. 2021: nine references, a natural image, two occluded copies of it.

Defaults are the published scale. In catch and obvious practice trials the wrong copy is one of another image (the rule
of the published condition without references), so that they can be solved in every condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, ImageRef, InstructionPage, PlannedTrial, Presentation, Task, TrialKind
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.planning import plan_practice, plan_session, shuffled
from experiments.contract.prediction import PartImages
from experiments.contract.recipes import FeatureVisualization, Occlusion, StimulusSet

SLUG = "zimmermann2021_causal"
TITLE = "Which part matters? (occlusion prediction)"
TASK: Task = "occlusion_choice"
CONDITIONS = ("synthetic", "natural", "none")
REFERENCES = 9


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All numbers of a study; the stimuli's first, then those of a session. Sides in px."""

    pool: str = "photographs"
    pool_size: int = 600_000
    pool_resolution: int = 224
    shown_size: int = 224
    size: int = 224
    steps: int = 2560
    diversity: float = 100.0
    transforms: str = "published"
    max_batches: int = 10
    patch: float = 0.4
    stride: int = 2
    fill: str = "patch_mean"
    seed: int = 1
    main_trials: int = 18
    catch_trials: int = 3
    practice_obvious: int = 1
    practice_other: int = 3

    def __post_init__(self) -> None:
        require_range(self, "max_batches", 1, 1000)
        require_range(self, "main_trials", 1, 1000)
        for field in ("catch_trials", "practice_obvious", "practice_other"):
            require_range(self, field, 0, 100)


STIMULUS_SETTINGS = (
    "pool",
    "pool_size",
    "pool_resolution",
    "shown_size",
    "size",
    "steps",
    "diversity",
    "transforms",
    "max_batches",
    "patch",
    "stride",
    "fill",
    "seed",
)
DEMO: Mapping[str, Json] = {
    "pool_size": 1700,
    "pool_resolution": 128,
    "size": 128,
    "steps": 96,
    # Chosen so that most visualizations of 96 steps beat the best natural image; at the published 100 few do.
    "diversity": 1.0,
    "transforms": "standard",
    "stride": 8,
    "main_trials": 10,
    "catch_trials": 2,
    "practice_obvious": 1,
    "practice_other": 1,
}
IMAGES: Mapping[str, PartImages] = {
    "natural": PartImages(per_batch={"exemplars": REFERENCES + 1, "occlusion": 2}),
    "synthetic": PartImages(per_set={"feature_visualization": REFERENCES}),
}


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """Natural batches of every unit (they hold the occluded images), and visualizations where a condition shows them."""
    require(len(units) > 1, "units", "a catch trial needs an image of another unit", "Give at least two units")
    check_stimulus_settings(units[0], settings)
    parts = ["natural"] + ["synthetic"] * ("synthetic" in conditions)
    return [_set(part, unit, settings) for part in parts for unit in units]


def check_stimulus_settings(unit: str, settings: Settings) -> None:
    """Raise InputError if a setting is nothing that the stimuli's recipes allow."""
    fields = ("pool", "pool_size", "pool_resolution", "shown_size", "seed")
    pool = {"unit": unit, **{field: getattr(settings, field) for field in fields}}
    drawn = {field: getattr(settings, field) for field in ("size", "steps", "diversity", "transforms")}
    build(FeatureVisualization, {**pool, **drawn, "batch": REFERENCES})
    occluded = {"patch": settings.patch, "stride": settings.stride, "fill": settings.fill, "size": settings.pool_resolution}
    build(Occlusion, {**pool, **occluded})


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """The example, then main and catch trials in random order; batches go on from one session of a condition to the next."""
    stimuli = Stimuli(condition=condition, units=units, settings=settings, sets=sets)
    return plan_session(stimuli, seed, index=index, choices=CHOICES[TASK], units=units, settings=settings)


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, none without references, as published."""
    if condition == "none":
        return []
    stimuli = Stimuli(condition=condition, units=units, settings=settings, sets=sets)
    return plan_practice(stimuli, seed, attempt=attempt, choices=CHOICES[TASK], units=units, settings=settings)


def presentation(*, condition: str, settings: Settings) -> Presentation:
    """No feedback and no lock in main trials, as published."""
    return Presentation(
        prompt="Which of these two images does the program favor more?",
        titles={
            "references": "Favorite images",
            "base": "Favorite image" if condition == "none" else "Another favorite image",
        },
        answer_lock=0,
        feedback_delay=350,
        feedback_duration=1150,
        feedback_in_main=False,
        running_count=False,
    )


def instructions(*, condition: str, settings: Settings) -> list[InstructionPage]:
    """Four pages, three where there is no practice; they speak of references only where there are some."""
    favorites = {
        "synthetic": "On the left are nine artificial images, drawn by a program to be the favorites of this part.",
        "natural": "On the left are nine favorite images of this part.",
        "none": "",
    }[condition]
    shown = (
        "One favorite image stands at the top. Below it stand two copies of it, each with a square covered."
        if condition == "none"
        else "On the right, at the top, stands another favorite image. Below it two copies of it, each with a square covered."
    )
    pages = [
        InstructionPage(
            title="What this is about",
            paragraphs=(
                "A computer program looks at images. One small part of it has favorite images, to which it reacts strongly.",
                "You will predict how it reacts when something in an image is covered.",
            ),
        ),
        InstructionPage(
            title="What you will see",
            paragraphs=(
                *([favorites] if favorites else []),
                shown,
                "Covering what the part looks for weakens its reaction; covering something else hardly does. "
                "Choose the covered copy that the part still favors more.",
            ),
            shows_example=True,
        ),
        InstructionPage(
            title="How to answer",
            paragraphs=(
                "Each copy has three buttons. Click one to choose that copy and say how sure you are: "
                "1 is a guess, 3 is certain.",
                "The keys shown on the buttons do the same.",
            ),
        ),
    ]
    if condition != "none":
        practice_page = InstructionPage(
            title="Practice first",
            paragraphs=(
                "A few practice trials come first, and you see whether you were right. If one of them is wrong you get new ones.",
                "After that the study begins, without a word on right and wrong.",
            ),
        )
        pages.append(practice_page)
    return pages


class Stimuli:
    """The images of a study, by unit and batch, for the trials of one condition."""

    def __init__(self, *, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]) -> None:
        self.condition, self.units, self.settings, self.sets = condition, units, settings, sets

    def trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial between the two occlusions of the batch's own image."""
        least = self._natural(unit, f"batch{batch}/min")
        return self._laid_out(kind, unit, batch, least, correct=correct, rng=rng)

    def obvious_trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial in which the wrong answer is an occluded copy of another unit's image."""
        other = shuffled([other for other in self.units if other != unit], rng)[0]
        # From the batch kept for practice: elsewhere it is a wrong answer that this session may ask for.
        foreign = self._natural(other, f"batch{self.batches(other) - 1}/min")
        return self._laid_out(kind, unit, batch, foreign, correct=correct, rng=rng)

    def batches(self, unit: str) -> int:
        """How many batches the unit's natural images carry."""
        return int(self.sets[_set("natural", unit, self.settings).digest].values["batches"])

    def _laid_out(
        self, kind: TrialKind, unit: str, batch: int, least: ImageRef, *, correct: str, rng: np.random.Generator
    ) -> PlannedTrial:
        most = self._natural(unit, f"batch{batch}/max")
        left, right = (most, least) if correct == "left" else (least, most)
        images: dict[str, ImageRef] = {
            f"reference_{i}": image for i, image in enumerate(shuffled(self._references(unit, batch), rng))
        }
        images |= {"base": self._natural(unit, f"batch{batch}/base"), "query_left": left, "query_right": right}
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct)

    def _references(self, unit: str, batch: int) -> list[ImageRef]:
        if self.condition == "none":
            return []
        digest = _set(self.condition, unit, self.settings).digest
        folder = f"batch{batch}/" if self.condition == "natural" else ""
        return [ImageRef(digest=digest, name=f"{folder}reference_{i}") for i in range(REFERENCES)]

    def _natural(self, unit: str, name: str) -> ImageRef:
        return ImageRef(digest=_set("natural", unit, self.settings).digest, name=name)


def _set(part: str, unit: str, settings: Settings) -> StimulusSet:
    return StimulusSet(
        paper=SLUG, part=part, unit=unit, settings={field: getattr(settings, field) for field in STIMULUS_SETTINGS}
    )
