"""The labelling study of Mayilvahanan et al. 2025: is an image a natural photograph, a rendition, or ambiguous?

The published labels were given by the authors with a keyboard tool; how many labelled each image is not known. The numbers of a
session, the practice and the checks are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import (
    CHOICES,
    AnsweredTrial,
    InstructionPage,
    PlannedTrial,
    Presentation,
    Subject,
    Task,
    TrialKind,
)
from experiments.contract.fields import Json, require, require_range
from experiments.contract.planning import dealt, generator, shuffled
from experiments.contract.prediction import PartImages
from experiments.contract.quality import QualityRule
from experiments.contract.recipes import StimulusSet
from experiments.contract.texts import read_texts
from experiments.papers.mayilvahanan2025_domains.layout import LABELLED, OBVIOUS, PARTS, Stimuli
from experiments.papers.mayilvahanan2025_domains.schedule import task_count, task_images

SLUG = "mayilvahanan2025_domains"
TITLE = "What kind of image is this? (natural photo, rendition or ambiguous)"
TASK: Task = "domain_choice"
ASKS_ABOUT: Subject = "images"
CONDITIONS = ("domains",)
DEFAULT_CONDITIONS = CONDITIONS
ONE_MODEL = False
OBVIOUS_LABELS = ("natural", "rendition")
"""Of practice and catch trials: nobody need agree on what is ambiguous."""
TEXTS = Path(__file__).with_name("texts")
LEAST_SECONDS = 0.7
"""A session that takes less for each of its images did not look at them."""
REPEATS = 1
"""Stream of a session's seed, beside that of its plan: which trials are asked again."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All numbers of a study; those of the images first, then those of a session. Sides in px."""

    part: Literal["all", "train", "validation", "test"] = "all"
    """Of the sources, whose parts share none, that images are drawn from. The obvious photographs of `validation` are crops of
    one, those of `test` of two."""
    images: int = 300
    """That are labelled, as many of each domain by their making as of every other (± 1)."""
    shown_size: int = 256
    seed: int = 42
    annotators: int = 3
    """Sessions that label each image."""
    main_trials: int = 60
    """Images that a session labels."""
    catch_trials: int = 6
    """Obvious images among them, to check attention."""
    practice_trials: int = 6
    """Obvious images of an attempt at practice."""
    repeats: int = 6
    """Of the main trials so many are asked again at the end, to see how consistent a person is."""

    def __post_init__(self) -> None:
        require_range(self, "images", 1, 1500)
        require_range(self, "shown_size", 32, 1024)
        require_range(self, "seed", 0, 2**32 - 1)
        require_range(self, "annotators", 1, 100)
        require_range(self, "main_trials", 1, 1000)
        for field in ("catch_trials", "practice_trials", "repeats"):
            require_range(self, field, 0, 100)
        told = f"{self.images} images cannot be dealt into sessions of {self.main_trials}"
        require(self.images % self.main_trials == 0, "images", told, "Give a multiple of main_trials")

    @property
    def tasks(self) -> int:
        """Sessions that are wanted."""
        return task_count(self)

    def stimulus_set(self, part: str) -> StimulusSet:
        """The recipe of a part."""
        names = ("part", "images", "shown_size", "seed")
        return StimulusSet(paper=SLUG, part=part, settings={name: getattr(self, name) for name in names})


DEMO: Mapping[str, Json] = {
    "images": 60,
    "shown_size": 192,
    "main_trials": 20,
    "catch_trials": 2,
    "practice_trials": 3,
    "repeats": 2,
}
IMAGES: Mapping[str, PartImages] = {part: PartImages() for part in PARTS}
"""No network makes or ranks them."""


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """The images that are labelled, and the obvious ones."""
    return [settings.stimulus_set(part) for part in PARTS]


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """An ambiguous example, then main and catch trials in random order; the task says which images the main ones ask about."""
    stimuli, rng = _stimuli(settings, sets), generator(seed, 0)
    labelled = task_images(stimuli.listed(LABELLED), task=index, sizes=settings)
    trials = [
        *(stimuli.trial("main", LABELLED, number) for number in labelled),
        *_obvious_trials(stimuli, "catch", count=settings.catch_trials, rng=rng),
    ]
    example = shuffled(stimuli.listed(OBVIOUS, label="ambiguous"), rng)[0]
    return [stimuli.trial("example", OBVIOUS, example), *shuffled(trials, rng)]


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """Obvious images, drawn afresh for each attempt."""
    rng = generator(seed, 2 + attempt)
    return _obvious_trials(_stimuli(settings, sets), "practice", count=settings.practice_trials, rng=rng)


def trial_counts(*, condition: str, settings: Settings) -> Mapping[TrialKind, int]:
    """As the settings say; no more repeats than main trials."""
    repeated = min(settings.repeats, settings.main_trials)
    counts: dict[TrialKind, int] = {"main": settings.main_trials, "catch": settings.catch_trials, "repeat": repeated}
    return {**counts, "practice": settings.practice_trials}


def repeats(seed: int, *, answered: Sequence[AnsweredTrial], settings: Settings) -> list[int]:
    """Some main trials, drawn without regard to their answers."""
    main = [trial.position for trial in answered if trial.kind == "main"]
    return shuffled(main, generator(seed, REPEATS))[: settings.repeats]


def quality_rules(*, condition: str, settings: Settings) -> tuple[QualityRule, ...]:
    """Ours, as none is published: obvious images right, instructions read, nobody faster than looking."""
    trials = settings.main_trials + settings.catch_trials + settings.repeats
    return (
        QualityRule(name="catch_ratio", low=0.8),
        QualityRule(name="instruction_time", low=10),
        QualityRule(name="total_time", low=round(LEAST_SECONDS * trials, 1)),
        QualityRule(name="practice_attempts", high=3),
    )


def presentation(*, condition: str, settings: Settings, language: str) -> Presentation:
    """A word and a sentence on each button; what is right is told in practice alone."""
    texts = read_texts(TEXTS, language)
    return Presentation(
        prompt=texts["prompt"],
        titles={choice: texts[f"{choice}_title"] for choice in CHOICES[TASK]},
        answers={choice: texts[f"{choice}_counts"] for choice in CHOICES[TASK]},
        answer_lock=0,
        feedback_delay=200,
        feedback_duration=1000,
        feedback_in_main=False,
        running_count=False,
    )


def instructions(*, condition: str, settings: Settings, language: str) -> list[InstructionPage]:
    """What it is about, what counts as what, how to answer; on practice only where there is some."""
    texts = read_texts(TEXTS, language)
    pages = [
        texts.page("about_title", "about_images", "about_you"),
        texts.page("kinds_title", "kinds_natural", "kinds_rendition", "kinds_ambiguous"),
        texts.page("answer_title", "answer_buttons", "answer_keys", "answer_example", shows_example=True),
    ]
    return [*pages, texts.page("practice_title", "practice_repeated", "practice_then")] if settings.practice_trials else pages


def block_page(*, condition: str, kind: TrialKind, settings: Settings, language: str) -> InstructionPage | None:
    """None: whoever is told that images come again answers from memory."""
    return None


def _stimuli(settings: Settings, sets: Mapping[str, Manifest]) -> Stimuli:
    return Stimuli(digests={part: settings.stimulus_set(part).digest for part in PARTS}, sets=sets)


def _obvious_trials(stimuli: Stimuli, kind: TrialKind, *, count: int, rng: np.random.Generator) -> list[PlannedTrial]:
    """Different obvious images as long as there are enough, of either label as chance wills."""
    numbers = [number for label in OBVIOUS_LABELS for number in stimuli.listed(OBVIOUS, label=label)]
    return [stimuli.trial(kind, OBVIOUS, number) for number in dealt(numbers, count, rng)]
