"""The web 2-AFC of Zimmermann et al. 2023: minimal references left, maximal right, two natural queries stacked between.

Defaults are the published scale. Catch and obvious practice trials ask about two of the references themselves (the rule
of Borowski et al. 2021), because the published hand-picked units belong to one network.
"""

import math
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
from experiments.contract.fields import Json, require, require_range
from experiments.contract.layout import DigestOf
from experiments.contract.planning import plan_practice, plan_session
from experiments.contract.prediction import PartImages
from experiments.contract.quality import QualityRule, in_proportion
from experiments.contract.recipes import StimulusSet
from experiments.contract.stimulus_settings import StimulusSettings
from experiments.contract.texts import read_texts
from experiments.papers.zimmermann2023_scale.layout import QUANTILES, REFERENCES, Stimuli, parts_of

SLUG = "zimmermann2023_scale"
TITLE = "Which image matches? (two-alternative forced choice)"
TASK: Task = "two_afc"
ASKS_ABOUT: Subject = "units"
CONDITIONS = ("natural", "synthetic", *(f"{references}_{hard}" for references in ("natural", "synthetic") for hard in QUANTILES))
"""References, and where the queries stand among all images: `natural_hard` has queries from the 95th percentile."""
DEFAULT_CONDITIONS = ("natural", "synthetic")
ONE_MODEL = True
FEEDBACK = True
"""After every trial, as published."""
TEXTS = Path(__file__).with_name("texts")
LEAST_IMAGES = 2 * (REFERENCES + 1)
"""Natural images of the one batch that a unit must have at least."""


@dataclass(frozen=True, kw_only=True)
class Settings(StimulusSettings):
    """All numbers of a study; the stimuli's first, then those of a session. Sides in px."""

    pool_size: int = 1_300_000
    steps: int = 20_000
    """At most; early stop ends nearly all sooner."""
    early_stop: bool = True
    diversity: float = 1.0
    """Of each unit and sign: where the search for the weight begins; without a search, the weight."""
    diversity_search: bool = True
    seed: int = 42
    tasks: int = 63
    """Of each condition and model: so many sessions are wanted."""
    main_trials: int = 40
    """Of each session."""
    catch_trials: int = 5
    """Of each session, beside the main ones."""
    practice_obvious: int = 4
    practice_other: int = 1
    answer_lock: int = 1500
    """ms for which the buttons stay closed."""

    DECISIVE: ClassVar[tuple[str, ...]] = (*StimulusSettings.DECISIVE, "early_stop", "diversity_search")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "main_trials", 1, 1000)
        require_range(self, "tasks", 1, 100_000)
        for field in ("catch_trials", "practice_obvious", "practice_other"):
            require_range(self, field, 0, 100)
        require_range(self, "answer_lock", 0, 60_000)


DEMO: Mapping[str, Json] = {
    "pool_size": 1700,
    "pool_resolution": 128,
    "size": 128,
    "steps": 96,
    "early_stop": False,
    # Chosen so that most visualizations of 96 steps beat the best natural image; the published search would take too long.
    "diversity": 1.0,
    "diversity_search": False,
    "transforms": "standard",
    "main_trials": 10,
    "catch_trials": 2,
    "practice_obvious": 1,
    "practice_other": 1,
}
IMAGES: Mapping[str, PartImages] = {
    "natural": PartImages(per_batch={"exemplars": 2 * (REFERENCES + 1)}),
    "synthetic": PartImages(per_set={"feature_visualization": 2 * REFERENCES}),
    **{difficulty: PartImages(per_batch={"exemplars": 2}) for difficulty in QUANTILES},
}


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """Natural batches of every unit (they hold the easy queries), and what else a condition shows.

    Raises:
        InputError: There are no units, or the settings are nothing that the stimuli allow.
    """
    require(bool(units), "units", "there are none to ask about", "Give at least one unit address")
    shown = {part for condition in conditions for part in parts_of(condition)}
    highest = max([0.0, *(quantile for part, quantile in QUANTILES.items() if part in shown)])
    least = max(LEAST_IMAGES, math.ceil(round(REFERENCES / (1 - highest), 6)))
    for unit in units:
        settings.check(unit, batch=REFERENCES, least_images=least)
    parts = ["natural", *(part for part in ("synthetic", *QUANTILES) if part in shown)]
    return [settings.stimulus_set(SLUG, part=part, unit=unit) for part in parts for unit in units]


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """The example, then main and catch trials in random order; the task alone says of which units and batches."""
    stimuli = Stimuli(condition=condition, digest_of=_digests(settings), sets=sets)
    return plan_session(stimuli, seed, index=index, choices=CHOICES[TASK], feedback=FEEDBACK, units=units, settings=settings)


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """Obvious and ordinary trials from the batch that is kept for practice, drawn afresh for each attempt."""
    stimuli = Stimuli(condition=condition, digest_of=_digests(settings), sets=sets)
    return plan_practice(stimuli, seed, attempt=attempt, choices=CHOICES[TASK], units=units, settings=settings)


def trial_counts(*, condition: str, settings: Settings) -> Mapping[TrialKind, int]:
    """As the settings say, in every condition."""
    practice = settings.practice_obvious + settings.practice_other
    return {"main": settings.main_trials, "catch": settings.catch_trials, "practice": practice}


def repeats(seed: int, *, answered: Sequence[AnsweredTrial], settings: Settings) -> list[int]:
    """None: no trial is asked twice."""
    return []


def block_page(*, condition: str, kind: TrialKind, settings: Settings, language: str) -> InstructionPage | None:
    """None: all trials are one block."""
    return None


def quality_rules(*, condition: str, settings: Settings) -> tuple[QualityRule, ...]:
    """The published exclusion criteria; what grows with the 45 trials is in proportion for sessions of another length.

    Below nine trials no rule looks at the sides: they are tossed, and one of them may well never be right.
    """
    trials = settings.main_trials + settings.catch_trials
    low, high, sides = (in_proportion(threshold, trials=trials, published=45) for threshold in (135, 2500, 5))
    rules = (
        QualityRule(name="catch_ratio", low=0.8),
        QualityRule(name="instruction_time", low=15),
        QualityRule(name="total_time", low=low, high=high),
        QualityRule(name="practice_attempts", high=3),
        QualityRule(name="participations", high=1),
    )
    return (*rules, QualityRule(name="side_variability", low=int(sides))) if sides >= 1 else rules


def presentation(*, condition: str, settings: Settings, language: str) -> Presentation:
    """Feedback after every trial and a running count, as published."""
    texts = read_texts(TEXTS, language)
    return Presentation(
        prompt=texts["prompt"],
        titles={"left": texts["left_title"], "right": texts["right_title"]},
        answer_lock=settings.answer_lock,
        feedback_delay=350,
        feedback_duration=1150,
        feedback_in_main=FEEDBACK,
        running_count=True,
    )


def instructions(*, condition: str, settings: Settings, language: str) -> list[InstructionPage]:
    """Up to five pages: on the special first image only with synthetic references, on practice only where there is some."""
    texts = read_texts(TEXTS, language)
    lock = ("answer_lock",) if settings.answer_lock else ()
    seconds = texts.number(settings.answer_lock / 1000)
    pages = [
        texts.page("about_title", "about_program", "about_you"),
        texts.page("screen_title", "screen_sides", "screen_center", "screen_choice", shows_example=True),
    ]
    if parts_of(condition)[0] == "synthetic":
        pages.append(texts.page("synthetic_title", "synthetic_origin", "synthetic_first"))
    pages.append(texts.page("answer_title", "answer_buttons", "answer_keys", *lock, seconds=seconds))
    if settings.practice_obvious + settings.practice_other:
        pages.append(texts.page("practice_title", "practice_repeated", "practice_then"))
    return pages


def _digests(settings: Settings) -> DigestOf:
    return cache(lambda part, unit: settings.stimulus_set(SLUG, part=part, unit=unit).digest)
