"""What a paper's `design.py` offers, so that the web process can run its experiment without knowing it.

A design turns units and settings into recipes (what must be made) and, for one participant, into a plan: every trial,
every image, every random choice, fixed by a seed before the first trial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from experiments.contract.artifacts import Manifest
from experiments.contract.fields import Json
from experiments.contract.prediction import PartImages
from experiments.contract.quality import QualityRule
from experiments.contract.recipes import StimulusSet

Task = Literal["two_afc", "occlusion_choice", "domain_choice"]
Subject = Literal["units", "images"]
"""What a study is about: units of networks, which it names, or images, which its settings choose."""
TrialKind = Literal["example", "practice", "main", "catch", "repeat", "rating"]
"""`repeat` asks a main trial once more; `rating` is a slider instead of a choice."""

# The answers of each task, in the order in which they stand on the screen.
CHOICES: Mapping[Task, tuple[str, ...]] = {
    "two_afc": ("upper", "lower"),
    "occlusion_choice": ("left", "right"),
    "domain_choice": ("natural", "rendition", "ambiguous"),
}
CONFIDENCES = (1, 2, 3)
WITH_CONFIDENCE: frozenset[Task] = frozenset({"two_afc", "occlusion_choice"})
"""Tasks in which a button gives choice and confidence together; elsewhere a button is an answer and nothing more."""
RATING_RANGE = (-100, 100)
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""In which every design has its texts."""


@dataclass(frozen=True, kw_only=True)
class ImageRef:
    """An image of an artifact: the digest of its recipe and its name there."""

    digest: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PlannedTrial:
    """One trial, completely fixed.

    `images` maps the places on the screen to images. For `two_afc`: `left_0` … (minimal references), `right_0` …
    (maximal references), `query_upper`, `query_lower`. For `occlusion_choice`: `reference_0` …, `base`, `query_left`,
    `query_right`; without references these places are absent, and there may be one or nine of a side. A `rating` shows
    `left_*` and `right_*` alone. For `domain_choice`: `image`. `correct` is the choice that the unit's activation makes right,
    or the domain by the image's making; empty for a rating.
    """

    kind: TrialKind
    unit: str
    """Empty where the design asks about images."""
    batch: int
    images: Mapping[str, ImageRef]
    correct: str
    condition: str = ""
    """Condition of this trial, where the conditions change within a session; empty: the session's."""
    block: int = 0
    """Trials of a block stand together; before each but the first, people may rest."""
    about: Mapping[str, Json] = field(default_factory=dict)
    """What the export tells of it beyond that: columns of `contract.tables`, such as `relative_difference`."""


@dataclass(frozen=True, kw_only=True)
class AnsweredTrial:
    """A trial that was answered, as far as a design may build on it."""

    position: int
    """In the plan, the example being 0."""
    kind: TrialKind
    condition: str
    confidence: int | None
    correct: bool | None


@dataclass(frozen=True, kw_only=True)
class InstructionPage:
    """A page of text before the trials; `shows_example` puts the solved example below it."""

    title: str
    paragraphs: tuple[str, ...]
    shows_example: bool = False


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """How trials look and feel, sent to the browser as it is. Times in ms."""

    prompt: str
    titles: Mapping[str, str]
    """Headings: `left`, `right` (two_afc) or `references`, `base` (occlusion_choice); or the words on the buttons, by choice
    (domain_choice)."""
    answer_lock: int
    """The buttons stay closed so long after onset."""
    feedback_delay: int
    feedback_duration: int
    feedback_in_main: bool
    running_count: bool
    """Show how many main trials were right so far."""
    block_score: bool = False
    """Show at the end of a block how many of its trials were right."""
    rating_prompt: str = ""
    """The question of rating trials."""
    rating_ends: tuple[str, str] = ("", "")
    """The words at the low and the high end of the slider."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What counts as each choice, a sentence each, shown on the buttons (domain_choice)."""


class Design(Protocol):
    """A human experiment. Modules satisfy it: `experiments.papers.<slug>.design`.

    Units are asked about in *tasks*: a task fixes units and batches, so that every unit and every batch is asked about
    equally often once all tasks are done; the order and the sides belong to the session, so that no two sessions of a
    task share them.
    """

    TITLE: str
    TASK: Task
    ASKS_ABOUT: Subject
    """A design that asks about images is given no units."""
    CONDITIONS: tuple[str, ...]
    """All that a study may have; each session has one."""
    DEFAULT_CONDITIONS: tuple[str, ...]
    """What a study has if nobody says otherwise."""
    ONE_MODEL: bool
    """A session asks about units of one model; other models get sessions of their own."""
    Settings: type[Any]
    """Frozen dataclass of all settings; its defaults are the published scale. Among them `tasks`, the number of tasks of
    each condition and model."""
    DEMO: Mapping[str, Any]
    """The settings that the demo changes, so that two cores suffice."""
    IMAGES: Mapping[str, PartImages]
    """How many images a stimulus set needs, by its part."""

    def stimulus_sets(self, *, units: Sequence[str], conditions: Sequence[str], settings: Any) -> list[StimulusSet]:
        """Everything that must be made before the study can open."""

    def plan(
        self, seed: int, *, index: int, condition: str, units: Sequence[str], settings: Any, sets: Mapping[str, Manifest]
    ) -> list[PlannedTrial]:
        """The example, then every trial of task `index` of a condition, in order of blocks.

        `sets` holds the manifests of `stimulus_sets` by digest.
        """

    def practice(
        self, seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Any, sets: Mapping[str, Manifest]
    ) -> list[PlannedTrial]:
        """The practice trials of an attempt (1, 2, …), drawn afresh for each and repeated until all are right; perhaps none."""

    def trial_counts(self, *, condition: str, settings: Any) -> Mapping[TrialKind, int]:
        """How many trials of each kind a session has, practice passed at once."""

    def repeats(self, seed: int, *, answered: Sequence[AnsweredTrial], settings: Any) -> list[int]:
        """Positions of the trials that are asked again at the end, chosen by how they were answered; mostly none."""

    def presentation(self, *, condition: str, settings: Any, language: str) -> Presentation:
        """How the trials of a condition (of trials, where those differ) look."""

    def instructions(self, *, condition: str, settings: Any, language: str) -> list[InstructionPage]:
        """The pages before practice."""

    def block_page(self, *, condition: str, kind: TrialKind, settings: Any, language: str) -> InstructionPage | None:
        """The page before a block, also the first, by condition and kind of its first trial; None where there are no blocks."""

    def quality_rules(self, *, condition: str, settings: Any) -> tuple[QualityRule, ...]:
        """What a session must satisfy to be counted, as published."""
