"""The columns of a response, the same in every export, in the tables of analysis jobs and in the codebook, which is made of them.

What a cell may hold is said here and nowhere else: a test compares it with the models, with the other words of this package and
with exported rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.contract.designs import CHOICES, CONFIDENCES, LANGUAGES, RATING_RANGE

ValueType = Literal["id", "text", "words", "integer", "number", "flag", "time"]
"""`id` is a random one; `words` are separated by spaces; `flag` is 1 or 0; `time` is ISO 8601 in UTC."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What the cells of a column hold."""

    description: str
    type: ValueType
    unit: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Value to meaning, where only these may stand; of `words`, each word."""
    low: float | None = None
    high: float | None = None
    missing: str = ""
    """When a cell is empty; nothing here: never."""


IMPORTED = "in imported studies"
RATED = "for a rating"
NOT_OCCLUDED = "outside of occlusion trials"
PLACES = {
    **{place: f"the {place} image" for places in (CHOICES["two_afc"], CHOICES["occlusion_choice"]) for place in places},
    "natural": "the label natural",
    "rendition": "the label rendition",
    "ambiguous": "the label ambiguous",
}
TRIAL_KINDS = {
    "practice": "before the main trials, with feedback, until all are right",
    "main": "what the study is about",
    "catch": "easy, so that whoever reads is right",
    "repeat": "a main trial asked again",
    "rating": "a slider instead of a choice",
}
SESSION_KINDS = {
    "live": "a person who counts",
    "preview": "a researcher who looks at the study",
    "pilot": "a person who tries the study out and does not count",
    "bot": "a simulated participant",
}
SESSION_STATES = {
    "running": "on its way",
    "finished": "the server holds every required answer",
    "expired": "not finished in time; the task went to somebody else",
    "returned": "given back at the recruiter",
}
"""Withdrawn sessions are in no table."""
FLAGS = {
    "rt_missing": "an imported answer without a response time",
    "rt_negative": "an imported answer with a response time below 0",
    "rt_impossible": "faster than a person can be, or slower than the server's clock allows",
    "clock_jump": "the time stamps contradict one another or the response time",
}
INPUTS = {name: name for name in ("mouse", "touch", "pen", "keyboard")}


def _flag(description: str, *, yes: str, no: str, missing: str = "") -> Column:
    return Column(description=description, type="flag", levels={"1": yes, "0": no}, missing=missing)


def _stamp(description: str) -> Column:
    return Column(description=f"Time stamp, performance timeline: {description}", type="number", unit="ms", missing=IMPORTED)


def _count(description: str, *, unit: str = "", missing: str = "") -> Column:
    return Column(description=description, type="integer", unit=unit, low=0, missing=missing)


def _baseline(rule: str) -> Column:
    levels = {side: f"the {side} patch" for side in CHOICES["occlusion_choice"]}
    return Column(description=f"The choice by the rule: {rule} hurts less", type="text", levels=levels, missing=NOT_OCCLUDED)


# In the order of the export.
RESPONSE_COLUMNS: Mapping[str, Column] = {
    "response_id": Column(description="Id of the response; unique in every row", type="id"),
    "study": Column(description="Short name of the study", type="text"),
    "paper": Column(description="Slug of the paper whose design the study follows", type="text"),
    "design_digest": Column(description="sha256 of the study's design: paper, units, conditions, settings", type="text"),
    "session_id": Column(description="Id of the session, one person's way through the study", type="id"),
    "session_kind": Column(description="Who took part; only live sessions are people", type="text", levels=SESSION_KINDS),
    "cohort": Column(
        description="Whom the study asked",
        type="text",
        levels={"crowd": "people of a recruiter or a link", "expert": "people who came by the link for experts"},
    ),
    "observer": Column(description="Name of the simulated observer", type="text", missing="for people"),
    "session_state": Column(description="How far the session was when the table was made", type="text", levels=SESSION_STATES),
    "passed_checks": _flag(
        "What the study's newest quality rules say of the session",
        yes="it satisfies all",
        no="it does not",
        missing="where the session was not judged",
    ),
    "condition": Column(description="Condition of the session", type="text"),
    "task_index": _count("Number of the session's task (its fixed list of units and batches) in its condition and model, from 0"),
    "language": Column(description="Language of the texts, ISO 639-1", type="text", levels=LANGUAGES),
    "trial_id": Column(description="Id of the trial", type="id"),
    "trial_index": _count("Position of the trial in the session's plan, the example being 0; within its attempt for practice"),
    "trial_kind": Column(description="What the trial is for", type="text", levels=TRIAL_KINDS),
    "trial_condition": Column(
        description="Condition of the trial; differs from condition only where conditions change within a session", type="text"
    ),
    "block": _count("Block of the trial, from 0"),
    "attempt": _count("Which attempt at practice, from 1; 0 elsewhere"),
    "repeat_of": Column(description="trial_id of the main trial that is asked again", type="id", missing="unless asked again"),
    "unit": Column(description="Address of the unit", type="text", missing="where a study asks about images"),
    "image": Column(description="Name of the image that was labelled", type="text", missing="where a study asks about units"),
    "model": Column(description="Model of the unit", type="text", missing="where a study asks about images"),
    "layer": Column(description="Module path of the unit's layer", type="text", missing="where a study asks about images"),
    "batch": _count("Batch of stimuli, from 0"),
    "choice": Column(
        description="The chosen place or label", type="text", levels=PLACES, missing=f"{RATED}, and where an import does not say"
    ),
    "correct_choice": Column(
        description="The place of the image that activates the unit more, or the label by its making",
        type="text",
        levels=PLACES,
        missing=f"{RATED}, and where an import does not say",
    ),
    "correct": _flag(
        "Whether choice and correct_choice agree",
        yes="they agree",
        no="they do not",
        missing=f"{RATED}, and where an import does not say",
    ),
    "confidence": Column(
        description="The number pressed",
        type="integer",
        levels=dict(zip(map(str, CONFIDENCES), ("low", "middle", "high"), strict=True)),
        missing=f"{RATED} and for a label",
    ),
    "rating": Column(
        description="Where the slider stood", type="integer", low=RATING_RANGE[0], high=RATING_RANGE[1], missing="for a choice"
    ),
    "rt": Column(
        description="Response time, from the first painted frame of the decoded images to the input event",
        type="number",
        unit="ms",
        missing=f"{IMPORTED} alone",
    ),
    "flags": Column(description="What is odd about the response", type="words", levels=FLAGS, missing="where nothing is odd"),
    "relative_difference": Column(
        description="(max - min) / base activation of the occluded image", type="number", missing=NOT_OCCLUDED
    ),
    "baseline_center": _baseline("the patch that lies farther from the center"),
    "baseline_variance": _baseline("the patch that covers less variance"),
    "baseline_saliency": _baseline("the patch that covers less saliency"),
    "input": Column(description="What the choice was made with", type="text", levels=INPUTS, missing=IMPORTED),
    "onset": _stamp("the frame in which the images were first painted"),
    "second_frame": _stamp("the frame after the onset"),
    "event_time": _stamp("the input event"),
    "handler_time": _stamp("when the page handled the event"),
    "refresh_interval": Column(
        description="Time between frames, median of the trial, rounded to 0.1 ms",
        type="number",
        unit="ms",
        low=0,
        missing=IMPORTED,
    ),
    "dropped_frames": _count("Frames missing between onset and answer", missing=IMPORTED),
    "focus_losses": _count("How often the page was hidden or lost the focus during the trial", missing=IMPORTED),
    "viewport_width": _count("Width of the page, rounded to tens", unit="px", missing=IMPORTED),
    "viewport_height": _count("Height of the page, rounded to tens", unit="px", missing=IMPORTED),
    "cross_origin_isolated": _flag("Which clock the browser had", yes="the finer one", no="the coarser one", missing=IMPORTED),
    "served_at": Column(description="When the session's plan was first sent to the browser", type="time", missing=IMPORTED),
    "answered_at": Column(description="When the server stored the answer", type="time", missing=IMPORTED),
}
