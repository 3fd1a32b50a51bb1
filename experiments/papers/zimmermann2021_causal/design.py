"""The occlusion prediction of Zimmermann et al. 2021: nine references, a natural image, two occluded copies of it.

Defaults are the published scale. In catch and obvious practice trials the wrong copy is one of another image (the rule
of the published condition without references), so that they can be solved in every condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

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
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.layout import DigestOf
from experiments.contract.planning import plan_practice, plan_session
from experiments.contract.prediction import PartImages
from experiments.contract.quality import QualityRule, in_proportion
from experiments.contract.recipes import Occlusion, StimulusSet
from experiments.contract.stimulus_settings import POOL, StimulusSettings
from experiments.contract.texts import read_texts
from experiments.papers.zimmermann2021_causal.layout import MIXED_SYNTHETIC, REFERENCES, Stimuli

SLUG = "zimmermann2021_causal"
TITLE = "Which part matters? (occlusion prediction)"
TASK: Task = "occlusion_choice"
ASKS_ABOUT: Subject = "units"
CONDITIONS = ("synthetic", "natural", "mixed", "blur", "none")
DEFAULT_CONDITIONS = CONDITIONS
ONE_MODEL = False
FEEDBACK = False
"""None in main and catch trials, as published."""
TEXTS = Path(__file__).with_name("texts")
PARTS = ("synthetic", "mixed", "blur")
"""Stimulus sets that only the condition of the same name needs; all need the set `natural`."""


@dataclass(frozen=True, kw_only=True)
class Settings(StimulusSettings):
    """All numbers of a study; the stimuli's first, then those of a session. Sides in px."""

    pool_size: int = 600_000
    max_batches: int = 10
    seed: int = 1
    patch: float = 0.4
    stride: int = 2
    fill: str = "patch_mean"
    tasks: int = 50
    """Of each condition and model: so many sessions are wanted."""
    main_trials: int = 18
    """Of each session."""
    catch_trials: int = 3
    """Of each session, beside the main ones."""
    practice_obvious: int = 1
    practice_other: int = 3

    DECISIVE: ClassVar = (*StimulusSettings.DECISIVE, "patch", "stride", "fill")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "main_trials", 1, 1000)
        require_range(self, "tasks", 1, 100_000)
        for field in ("catch_trials", "practice_obvious", "practice_other"):
            require_range(self, field, 0, 100)


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
    "mixed": PartImages(per_set={"feature_visualization": MIXED_SYNTHETIC}),
    "blur": PartImages(per_batch={"blur": REFERENCES}),
}


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """Natural batches of every unit (they hold the occluded images), and what else a condition shows.

    Raises:
        InputError: There are fewer than two units, or the settings are nothing that the stimuli allow.
    """
    require(len(units) > 1, "units", "a catch trial needs an image of another unit", "Give at least two units")
    for unit in units:
        settings.check(unit, batch=REFERENCES, least_images=REFERENCES + 1)
    pool, patch = settings.values(*POOL), settings.values("patch", "stride", "fill")
    build(Occlusion, {"unit": units[0], **pool, **patch, "size": settings.pool_resolution})
    parts = ["natural", *(part for part in PARTS if part in conditions)]
    return [settings.stimulus_set(SLUG, part=part, unit=unit) for part in parts for unit in units]


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """The example, then main and catch trials in random order; the task alone says of which units and batches."""
    stimuli = Stimuli(condition=condition, units=units, digest_of=_digests(settings), sets=sets)
    return plan_session(stimuli, seed, index=index, choices=CHOICES[TASK], feedback=FEEDBACK, units=units, settings=settings)


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, none without references, as published."""
    if condition == "none":
        return []
    stimuli = Stimuli(condition=condition, units=units, digest_of=_digests(settings), sets=sets)
    return plan_practice(stimuli, seed, attempt=attempt, choices=CHOICES[TASK], units=units, settings=settings)


def trial_counts(*, condition: str, settings: Settings) -> Mapping[TrialKind, int]:
    """As the settings say; without references there is no practice."""
    practice = 0 if condition == "none" else settings.practice_obvious + settings.practice_other
    return {"main": settings.main_trials, "catch": settings.catch_trials, "practice": practice}


def repeats(seed: int, *, answered: Sequence[AnsweredTrial], settings: Settings) -> list[int]:
    """None: no trial is asked twice."""
    return []


def block_page(*, condition: str, kind: TrialKind, settings: Settings, language: str) -> InstructionPage | None:
    """None: all trials are one block."""
    return None


def quality_rules(*, condition: str, settings: Settings) -> tuple[QualityRule, ...]:
    """The published exclusion criteria; total times are those of 21 trials, in proportion for sessions of another length."""
    with_references = condition != "none"
    trials = settings.main_trials + settings.catch_trials
    low, high = (in_proportion(time, trials=trials, published=21) for time in (90 if with_references else 40, 900))
    rules = (
        QualityRule(name="catch_ratio", low=0.6),
        QualityRule(name="instruction_time", low=20 if with_references else 15),
        QualityRule(name="total_time", low=low, high=high),
        QualityRule(name="side_variability", low=1),
    )
    return (*rules, QualityRule(name="practice_attempts", high=5)) if with_references else rules


def presentation(*, condition: str, settings: Settings, language: str) -> Presentation:
    """No feedback and no lock in main trials, as published."""
    texts = read_texts(TEXTS, language)
    return Presentation(
        prompt=texts["prompt"],
        titles={
            "references": texts["references_title"],
            "base": texts["base_title_none" if condition == "none" else "base_title"],
        },
        answer_lock=0,
        feedback_delay=350,
        feedback_duration=1150,
        feedback_in_main=FEEDBACK,
        running_count=False,
    )


def instructions(*, condition: str, settings: Settings, language: str) -> list[InstructionPage]:
    """Four pages, three where there is no practice; they speak of references only where there are some."""
    texts = read_texts(TEXTS, language)
    screen = ("screen_copies_none",) if condition == "none" else (f"references_{condition}", "screen_copies")
    pages = [
        texts.page("about_title", "about_program", "about_you"),
        texts.page("screen_title", *screen, "screen_choice", shows_example=True),
        texts.page("answer_title", "answer_buttons", "answer_keys"),
    ]
    if condition != "none" and settings.practice_obvious + settings.practice_other:
        pages.append(texts.page("practice_title", "practice_repeated", "practice_then"))
    return pages


def _digests(settings: Settings) -> DigestOf:
    return cache(lambda part, unit: settings.stimulus_set(SLUG, part=part, unit=unit).digest)
