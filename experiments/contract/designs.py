"""What a paper's `design.py` offers, so that the web process can run its experiment without knowing it.

A design turns units and settings into recipes (what must be made) and, for one participant, into a plan: every trial,
every image, every random choice, fixed by a seed before the first trial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from experiments.contract.artifacts import Manifest
from experiments.contract.prediction import PartImages
from experiments.contract.recipes import StimulusSet

Task = Literal["two_afc", "occlusion_choice"]
TrialKind = Literal["example", "practice", "main", "catch"]

# The two answers of each task, in the order in which they stand on the screen.
CHOICES: Mapping[Task, tuple[str, str]] = {"two_afc": ("upper", "lower"), "occlusion_choice": ("left", "right")}
CONFIDENCES = (1, 2, 3)


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
    `query_right`. `correct` is the choice that the unit's activation makes right.
    """

    kind: TrialKind
    unit: str
    batch: int
    images: Mapping[str, ImageRef]
    correct: str


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
    """Headings: `left`, `right` (two_afc) or `references`, `base` (occlusion_choice)."""
    answer_lock: int
    """The buttons stay closed so long after onset."""
    feedback_delay: int
    feedback_duration: int
    feedback_in_main: bool
    running_count: bool
    """Show how many main trials were right so far."""


class Design(Protocol):
    """A human experiment. Modules satisfy it: `experiments.papers.<slug>.design`."""

    TITLE: str
    TASK: Task
    CONDITIONS: tuple[str, ...]
    Settings: type[Any]
    """Frozen dataclass of all settings; its defaults are the published scale."""
    DEMO: Mapping[str, Any]
    """The settings that the demo changes, so that two cores suffice."""
    IMAGES: Mapping[str, PartImages]
    """How many images a stimulus set needs, by its part."""

    def stimulus_sets(self, *, units: Sequence[str], conditions: Sequence[str], settings: Any) -> list[StimulusSet]:
        """Everything that must be made before the study can open."""

    def plan(
        self, seed: int, *, index: int, condition: str, units: Sequence[str], settings: Any, sets: Mapping[str, Manifest]
    ) -> list[PlannedTrial]:
        """The example and the main and catch trials of the session number `index` of its condition, in order.

        `sets` holds the manifests of `stimulus_sets` by digest.
        """

    def practice(
        self, seed: int, *, attempt: int, condition: str, units: Sequence[str], settings: Any, sets: Mapping[str, Manifest]
    ) -> list[PlannedTrial]:
        """The practice trials of an attempt (1, 2, …), drawn afresh for each; none where the condition has no practice."""

    def presentation(self, *, condition: str, settings: Any) -> Presentation:
        """How the trials of a condition look."""

    def instructions(self, *, condition: str, settings: Any) -> list[InstructionPage]:
        """The pages before practice."""
