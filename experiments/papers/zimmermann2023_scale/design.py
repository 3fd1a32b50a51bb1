"""The web 2-AFC of Zimmermann et al. 2023: minimal references left, maximal right, two natural queries stacked between.

Defaults are the published scale. Catch and obvious practice trials ask about two of the references themselves (the rule
of Borowski et al. 2021), because the published hand-picked units belong to one network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, ImageRef, InstructionPage, PlannedTrial, Presentation, Task, TrialKind
from experiments.contract.fields import Json, build, require_range
from experiments.contract.planning import plan_practice, plan_session, shuffled
from experiments.contract.prediction import PartImages
from experiments.contract.recipes import FeatureVisualization, StimulusSet

SLUG = "zimmermann2023_scale"
TITLE = "Which image matches? (two-alternative forced choice)"
TASK: Task = "two_afc"
CONDITIONS = ("natural", "synthetic")
REFERENCES = 9
QUERY = 9
"""Index of the query within a batch; 0 to 8 are references, 8 the most extreme."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All numbers of a study; the stimuli's first, then those of a session. Sides in px."""

    pool: str = "photographs"
    pool_size: int = 1_300_000
    pool_resolution: int = 224
    shown_size: int = 224
    size: int = 224
    steps: int = 2500
    diversity: float = 10.0
    transforms: str = "published"
    max_batches: int = 20
    seed: int = 42
    main_trials: int = 40
    catch_trials: int = 5
    practice_obvious: int = 4
    practice_other: int = 1
    answer_lock: int = 1500
    """ms for which the buttons stay closed."""

    def __post_init__(self) -> None:
        require_range(self, "max_batches", 1, 1000)
        require_range(self, "main_trials", 1, 1000)
        for field in ("catch_trials", "practice_obvious", "practice_other"):
            require_range(self, field, 0, 100)
        require_range(self, "answer_lock", 0, 60_000)


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
    "seed",
)
DEMO: Mapping[str, Json] = {
    "pool_size": 1700,
    "pool_resolution": 128,
    "size": 128,
    "steps": 96,
    # Chosen so that most visualizations of 96 steps beat the best natural image; the published search is not needed for that.
    "diversity": 1.0,
    "transforms": "standard",
    "main_trials": 10,
    "catch_trials": 2,
    "practice_obvious": 1,
    "practice_other": 1,
}
IMAGES: Mapping[str, PartImages] = {
    "natural": PartImages(per_batch={"exemplars": 2 * (REFERENCES + 1)}),
    "synthetic": PartImages(per_set={"feature_visualization": 2 * REFERENCES}),
}


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """Natural batches of every unit (they hold the queries), and visualizations where a condition shows them."""
    check_stimulus_settings(units[0], settings)
    parts = ["natural"] + ["synthetic"] * ("synthetic" in conditions)
    return [_set(part, unit, settings) for part in parts for unit in units]


def check_stimulus_settings(unit: str, settings: Settings) -> None:
    """Raise InputError if a setting is nothing that the stimuli's recipes allow."""
    fields = ("pool", "pool_size", "pool_resolution", "shown_size", "seed")
    pool = {"unit": unit, **{field: getattr(settings, field) for field in fields}}
    drawn = {field: getattr(settings, field) for field in ("size", "steps", "diversity", "transforms")}
    build(FeatureVisualization, {**pool, **drawn, "batch": REFERENCES})


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """The example, then main and catch trials in random order; batches go on from one session of a condition to the next."""
    stimuli = Stimuli(condition=condition, settings=settings, sets=sets)
    return plan_session(stimuli, seed, index=index, choices=CHOICES[TASK], units=units, settings=settings)


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, drawn afresh for each attempt."""
    stimuli = Stimuli(condition=condition, settings=settings, sets=sets)
    return plan_practice(stimuli, seed, attempt=attempt, choices=CHOICES[TASK], units=units, settings=settings)


def presentation(*, condition: str, settings: Settings) -> Presentation:
    """Feedback after every trial and a running count, as published."""
    return Presentation(
        prompt="Which center image matches the right examples better?",
        titles={"left": "Left examples", "right": "Right examples"},
        answer_lock=settings.answer_lock,
        feedback_delay=350,
        feedback_duration=1150,
        feedback_in_main=True,
        running_count=True,
    )


def instructions(*, condition: str, settings: Settings) -> list[InstructionPage]:
    """Four pages; in the synthetic condition a word on the special first image."""
    pages = [
        InstructionPage(
            title="What this is about",
            paragraphs=(
                "A computer program looks at images. One small part of it reacts strongly to some images and weakly to others.",
                "You will find out what that part reacts to, from examples alone.",
            ),
        ),
        InstructionPage(
            title="What you will see",
            paragraphs=(
                "On the left are nine images to which the part reacts very weakly, "
                "on the right nine to which it reacts very strongly.",
                "Two more images stand in the center. One of them belongs to the right examples.",
                "Choose the center image that matches the right examples better.",
            ),
            shows_example=True,
        ),
        InstructionPage(
            title="How to answer",
            paragraphs=(
                "Each center image has three buttons. Click one to choose that image and say how sure you are: "
                "1 is a guess, 3 is certain.",
                "The keys shown on the buttons do the same.",
                f"The buttons open after {settings.answer_lock / 1000:g} seconds, so that you look at the examples first.",
            ),
        ),
        InstructionPage(
            title="Practice first",
            paragraphs=(
                "A few practice trials come first. If one of them is wrong you get new ones.",
                "After that the study begins. You see after each answer whether it was right.",
            ),
        ),
    ]
    if condition == "synthetic":
        special = InstructionPage(
            title="Artificial images",
            paragraphs=(
                "The examples are artificial: a program drew what makes the part react most (right) or least (left).",
                "The first image of each group, at the top left, shows this most purely. When in doubt, give it more weight.",
            ),
        )
        pages.insert(2, special)
    return pages


class Stimuli:
    """The images of a study, by unit and batch, for the trials of one condition."""

    def __init__(self, *, condition: str, settings: Settings, sets: Mapping[str, Manifest]) -> None:
        self.condition, self.settings, self.sets = condition, settings, sets

    def trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial whose queries are the batch's own."""
        natural = _set("natural", unit, self.settings).digest
        queries = [ImageRef(digest=natural, name=f"batch{batch}/{sign}_{QUERY}") for sign in ("min", "max")]
        return self._laid_out(kind, unit, batch, queries, correct=correct, rng=rng)

    def obvious_trial(self, kind: TrialKind, unit: str, batch: int, *, correct: str, rng: np.random.Generator) -> PlannedTrial:
        """A trial whose queries are two of the references on the screen."""
        drawn = rng.integers(REFERENCES, size=2)
        queries = [self._references(unit, batch, sign)[i] for sign, i in zip(("min", "max"), drawn, strict=True)]
        return self._laid_out(kind, unit, batch, queries, correct=correct, rng=rng)

    def batches(self, unit: str) -> int:
        """How many batches the unit's natural images carry."""
        return int(self.sets[_set("natural", unit, self.settings).digest].values["batches"])

    def _laid_out(
        self, kind: TrialKind, unit: str, batch: int, queries: list[ImageRef], *, correct: str, rng: np.random.Generator
    ) -> PlannedTrial:
        images: dict[str, ImageRef] = {}
        for place, sign in (("left", "min"), ("right", "max")):
            *others, first = self._references(unit, batch, sign)
            images |= {f"{place}_{i}": image for i, image in enumerate([first, *shuffled(others, rng)])}
        least, most = queries
        upper, lower = (most, least) if correct == "upper" else (least, most)
        images |= {"query_upper": upper, "query_lower": lower}
        return PlannedTrial(kind=kind, unit=unit, batch=batch, images=images, correct=correct)

    def _references(self, unit: str, batch: int, sign: str) -> list[ImageRef]:
        """The nine references of a sign, the most extreme (or the non-diverse) one last."""
        digest = _set(self.condition, unit, self.settings).digest
        folder = f"batch{batch}/" if self.condition == "natural" else ""
        return [ImageRef(digest=digest, name=f"{folder}{sign}_{i}") for i in range(REFERENCES)]


def _set(part: str, unit: str, settings: Settings) -> StimulusSet:
    return StimulusSet(
        paper=SLUG, part=part, unit=unit, settings={field: getattr(settings, field) for field in STIMULUS_SETTINGS}
    )
