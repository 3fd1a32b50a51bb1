"""The laboratory 2-AFC of Borowski et al. 2021: within-subject, in blocks, with ratings before and trials asked again.

Defaults are the published scale: experiment I asked about 45 units, experiment II about 20. The order of conditions
follows from the number of the task, as it followed there from the number of the subject.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import AnsweredTrial, InstructionPage, PlannedTrial, Presentation, Subject, Task, TrialKind
from experiments.contract.fields import Json, require, require_range
from experiments.contract.layout import DigestOf
from experiments.contract.planning import generator, shuffled
from experiments.contract.prediction import PartImages
from experiments.contract.quality import QualityRule
from experiments.contract.recipes import StimulusSet
from experiments.contract.stimulus_settings import StimulusSettings
from experiments.contract.texts import read_texts
from experiments.papers.borowski2021_exemplary.layout import REFERENCES, Stimuli, shown_references
from experiments.papers.borowski2021_exemplary.schedule import TRIAL_CONDITIONS, schedule
from experiments.papers.borowski2021_exemplary.session import plan_session

SLUG = "borowski2021_exemplary"
TITLE = "Which image is favored? (two-alternative forced choice in the laboratory)"
TASK: Task = "two_afc"
ASKS_ABOUT: Subject = "units"
CONDITIONS = ("experiment_1", "experiment_2")
"""Of sessions; the trials of a session have the conditions of `schedule.TRIAL_CONDITIONS`."""
DEFAULT_CONDITIONS = ("experiment_1",)
ONE_MODEL = True
PARTS = ("natural", "synthetic")
TEXTS = Path(__file__).with_name("texts")
LEAST_IMAGES = 2 * (REFERENCES + 1)
"""Natural images of the one batch that a unit must have at least."""
REPEATS = 1
"""Stream of a session's seed, beside that of its plan: which trials are asked again."""


@dataclass(frozen=True, kw_only=True)
class Settings(StimulusSettings):
    """All numbers of a study; the stimuli's first, then those of a session. Sides in px."""

    pool_size: int = 50_000
    seed: int = 42
    tasks: int = 10
    """Of each experiment and model: so many sessions are wanted. Experiment II had 23."""
    main_trials: int = 45
    """Of each condition; where there are fewer units, each is asked about once."""
    ratings: int = 3
    """Units whose synthetic images are rated, at the beginning and in experiment II once more at the end."""
    none_blocks: int = 2
    """Of experiment I, without references, before the others and once more after them."""
    blocks: int = 3
    """Of experiment I, with natural and once more with synthetic references."""
    practice_trials: int = 5
    """Of each condition of experiment I."""
    catch_trials: int = 3
    """Of each block with references of experiment I."""
    repeats: int = 3
    """Of each condition of experiment I so many of the least and of the most confident trials are asked again."""
    grid_blocks: int = 2
    """Of each of the eight conditions of experiment II."""
    grid_practice_trials: int = 3
    """Of experiment II, before its first block."""
    grid_catch_trials: int = 2
    """Of each block of experiment II."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "main_trials", 1, 1000)
        require_range(self, "tasks", 1, 100_000)
        for field in ("blocks", "grid_blocks"):
            require_range(self, field, 1, 20)
        require_range(self, "none_blocks", 0, 20)
        for field in ("ratings", "repeats", "practice_trials", "catch_trials", "grid_practice_trials", "grid_catch_trials"):
            require_range(self, field, 0, 100)


DEMO: Mapping[str, Json] = {
    "pool_size": 1700,
    "pool_resolution": 128,
    "size": 128,
    "steps": 96,
    # Chosen so that most visualizations of 96 steps beat the best natural image; at the published 100 few do.
    "diversity": 1.0,
    "transforms": "standard",
    "main_trials": 4,
    "ratings": 2,
    "none_blocks": 1,
    "blocks": 1,
    "practice_trials": 1,
    "catch_trials": 1,
    "repeats": 1,
    "grid_blocks": 1,
    "grid_practice_trials": 1,
    "grid_catch_trials": 1,
}
IMAGES: Mapping[str, PartImages] = {
    "natural": PartImages(per_batch={"exemplars": 2 * (REFERENCES + 1)}),
    "synthetic": PartImages(per_set={"feature_visualization": 2 * REFERENCES}),
}


def stimulus_sets(*, units: Sequence[str], conditions: Sequence[str], settings: Settings) -> list[StimulusSet]:
    """Natural batches and visualizations of every unit: both experiments show both.

    Raises:
        InputError: There are no units, or the settings are nothing that the stimuli allow.
    """
    require(bool(units), "units", "there are none to ask about", "Give at least one unit address")
    for unit in units:
        settings.check(unit, batch=REFERENCES, least_images=LEAST_IMAGES)
    return [settings.stimulus_set(SLUG, part=part, unit=unit) for part in PARTS for unit in units]


def plan(
    seed: int, *, index: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """The example, then ratings, practice, main and catch trials of an experiment, block by block."""
    stimuli = Stimuli(digest_of=_digests(settings), sets=sets)
    return plan_session(stimuli, seed, index=index, experiment=condition, units=units, settings=settings)


def practice(
    seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Settings, sets: Mapping[str, Manifest]
) -> list[PlannedTrial]:
    """None: practice stands in blocks of the plan, and nobody had to pass it."""
    return []


def trial_counts(*, condition: str, settings: Settings) -> Mapping[TrialKind, int]:
    """Over all blocks of an experiment, if there are as many units as main trials of a trial condition."""
    counts: Counter[TrialKind] = Counter()
    for block in schedule(condition, index=0, settings=settings):
        counts["catch" if block.kind == "main" else block.kind] += block.trials
    conditions = TRIAL_CONDITIONS[condition]
    counts["main"] = settings.main_trials * len(conditions)
    asked_again = min(2 * settings.repeats, settings.main_trials)
    return {**counts, "repeat": asked_again * len(conditions) if condition == "experiment_1" else 0}


def repeats(seed: int, *, answered: Sequence[AnsweredTrial], settings: Settings) -> list[int]:
    """Of each condition of experiment I the least and the most confident main trials; the seed decides among equals.

    Conditions stand together, in random order. Where there are fewer trials than asked, each comes once.
    """
    rng = generator(seed, REPEATS)
    positions: list[int] = []
    for condition in shuffled(TRIAL_CONDITIONS["experiment_1"], rng):
        rated = sorted(
            (trial.position, trial.confidence)
            for trial in answered
            if (trial.kind, trial.condition) == ("main", condition) and trial.confidence is not None
        )
        ascending = [position for position, _ in sorted(shuffled(rated, rng), key=lambda trial: trial[1])]
        least, others = ascending[: settings.repeats], ascending[settings.repeats :]
        most = others[max(0, len(others) - settings.repeats) :]
        positions += shuffled([*least, *most], rng)
    return positions


def quality_rules(*, condition: str, settings: Settings) -> tuple[QualityRule, ...]:
    """None: an experimenter was in the room, and nobody was excluded by a published rule."""
    return ()


def presentation(*, condition: str, settings: Settings, language: str) -> Presentation:
    """Feedback after every trial, and the score of every block; ratings have the condition of the session."""
    texts = read_texts(TEXTS, language)
    is_rating = condition in CONDITIONS
    left, right = ("natural_title", "synthetic_title") if is_rating else ("left_title", "right_title")
    return Presentation(
        prompt=texts["prompt"],
        titles={"left": texts[left], "right": texts[right]},
        answer_lock=0,
        feedback_delay=500,
        feedback_duration=1500,
        feedback_in_main=True,
        running_count=False,
        block_score=not is_rating,
        rating_prompt=texts["rating_prompt"],
        rating_ends=(texts["rating_low"], texts["rating_high"]),
    )


def instructions(*, condition: str, settings: Settings, language: str) -> list[InstructionPage]:
    """Four pages, before the first block."""
    texts = read_texts(TEXTS, language)
    return [
        texts.page("about_title", "about_program", "about_you"),
        texts.page("screen_title", "screen_sides", "screen_center", f"screen_{condition}", shows_example=True),
        texts.page("answer_title", "answer_buttons", "answer_keys", "answer_feedback"),
        texts.page("blocks_title", "blocks_order", "blocks_rest"),
    ]


def block_page(*, condition: str, kind: TrialKind, settings: Settings, language: str) -> InstructionPage | None:
    """What the block shows; the question stays the same."""
    texts = read_texts(TEXTS, language)
    if kind == "rating":
        return texts.page("rating_title", "rating_task", "rating_slider")
    if kind == "repeat":
        return texts.page("repeat_title", "repeat_task", "repeat_memory")
    title = "practice_title" if kind == "practice" else "block_title"
    if condition == "none":
        return texts.page(title, "origin_none", "question")
    references, group, count = shown_references(condition)
    return texts.page(title, f"origin_{references}", f"group_{group}_{count}", "question")


def _digests(settings: Settings) -> DigestOf:
    return cache(lambda part, unit: settings.stimulus_set(SLUG, part=part, unit=unit).digest)
