"""Makes studies for tests of the web process: real designs, store, services and database; the images are made-up squares."""

import dataclasses
import io
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from experiments import registry
from experiments.contract.artifacts import Manifest, NewFile, Product
from experiments.contract.designs import CHOICES
from experiments.contract.recipes import StimulusSet
from webapp.participants.consent import consent_in, default_consent
from webapp.participants.services import participant_enter
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store
from webapp.studies.models import Session, Study
from webapp.studies.participant.entry import consent_digest
from webapp.studies.preparation import needed_sets, study_open_if_ready
from webapp.studies.services.session import session_start
from webapp.studies.services.study import StudyPlan, study_create

UNITS = ("efficientnet_lite0.in1k/_blocks.3:1", "efficientnet_lite0.in1k/_blocks.10:5")
BATCHES = 3
NUMBERS = {"main_trials": 4, "catch_trials": 1, "practice_obvious": 1, "practice_other": 1}
OF_IMAGES = {"images": 8, "annotators": 2, "practice_trials": 2, "repeats": 1}
"""Of studies that ask about images."""
EFFECT = {"relative_difference": 0.5, "center": "max", "variance": "min", "saliency": None}
_numbers = itertools.count()


def study(
    paper: str = "zimmermann2023_scale",
    *,
    opened: bool = True,
    side: int = 32,
    units: Sequence[str] = UNITS,
    conditions: Sequence[str] = (),
    allocation: str = Study.Allocation.BALANCED,
    **settings: Any,
) -> Study:
    """A study of two units, or of images, open unless told otherwise; its images are `side` px wide and high."""
    design = registry.design(paper)
    known = {field.name for field in dataclasses.fields(design.Settings)}
    asks_about_images = design.ASKS_ABOUT == "images"
    numbers = {name: number for name, number in (NUMBERS | OF_IMAGES).items() if name in known}
    # The laboratory's design has settings of the same names.
    numbers = numbers if asks_about_images else {name: number for name, number in numbers.items() if name in NUMBERS}
    plan = StudyPlan(
        name=f"study-{next(_numbers)}",
        paper=paper,
        units=() if asks_about_images else units,
        settings={**numbers, **settings},
        conditions=conditions,
        allocation=allocation,
        notice="A test.",
    )
    made = study_create(plan, consent=default_consent())
    if opened:
        for recipe in needed_sets(made):
            artifact_store(stimuli(recipe, side=side).as_json())
        study_open_if_ready(made.id)
        made.refresh_from_db()
    return made


def stimuli(recipe: StimulusSet, *, side: int = 32) -> Manifest:
    """The artifact of a stimulus set, each image a square of its own color, as grainy as a photograph."""
    if not recipe.unit:
        return store().publish(recipe, labelled_images(recipe, side=side), provenance={"made": "up"})
    values = {"batches": BATCHES, "effects": [EFFECT] * BATCHES}
    product = Product(new_files=[_square(name, side=side) for name in _names(recipe)], values=values)
    return store().publish(recipe, product, provenance={"made": "up"})


def labelled_images(recipe: StimulusSet, *, side: int) -> Product:
    """Images whose labels take turns, as the maker of a labelling study lists them."""
    count = recipe.settings["images"] if recipe.part == "labelled" else 6
    listed = [
        {"file": f"image_{i:04d}", "image": f"{recipe.part}:{i}", "label": CHOICES["domain_choice"][i % 3]} for i in range(count)
    ]
    squares = [(_square(image["file"], side=side), image) for image in listed]
    files = [dataclasses.replace(file, about={"label": image["label"], "image": image["image"]}) for file, image in squares]
    return Product(new_files=files, values={"images": listed})


def session(of: Study, *, kind: str = "live", external_id: str = "") -> tuple[Session, str]:
    """A participant's session and its secret."""
    participant = participant_enter(external_id=external_id or f"p{next(_numbers)}", kind=kind, consent=of.consent)
    return session_start(of, participant)


def agreed(to: Study, *, language: str = "en", **form: str) -> dict[str, str]:
    """The form of somebody who agrees to what the consent page shows."""
    return {
        "consent": consent_digest(consent_in(to.consent, [language, *to.languages]), to, language),
        "language": language,
        **form,
    }


def answer(**changes: Any) -> dict[str, Any]:
    """The body of an answer."""
    number = next(_numbers)
    body = {
        "key": f"00000000-0000-4000-8000-{number:012d}",
        "choice": "upper",
        "confidence": 3,
        "rt": 1234.5,
        "input": "mouse",
        "onset": 1000.0,
        "second_frame": 1016.7,
        "event_time": 2234.5,
        "handler_time": 2235.0,
        "refresh_interval": 16.7,
        "dropped_frames": 0,
        "focus_losses": 0,
        "viewport_width": 1280,
        "viewport_height": 720,
        "cross_origin_isolated": True,
    }
    return {**body, **changes}


def _names(recipe: StimulusSet) -> list[str]:
    """The files of a stimulus set, as its paper's maker names them."""
    in_batch = {
        "two_afc": {
            "natural": [f"{sign}_{i}" for sign in ("min", "max") for i in range(10)],
            "harder": [f"{sign}_9" for sign in ("min", "max")],
        },
        "occlusion_choice": {
            "natural": ["base", "min", "max", *(f"reference_{i}" for i in range(9))],
            "blur": [f"reference_{i}" for i in range(9)],
        },
    }
    for_all = {
        "two_afc": {"synthetic": [f"{sign}_{i}" for sign in ("min", "max") for i in range(9)]},
        "occlusion_choice": {
            "synthetic": [f"reference_{i}" for i in range(9)],
            "mixed": [f"reference_{i}" for i in range(4)],
        },
    }
    task = registry.design(recipe.paper).TASK
    part = "harder" if recipe.part in ("medium", "hard", "very_hard") else recipe.part
    if part in for_all[task]:
        return for_all[task][part]
    return [f"batch{b}/{name}" for b in range(BATCHES) for name in in_batch[task][part]]


def _square(name: str, *, side: int) -> NewFile:
    number = next(_numbers)
    grain = np.random.default_rng(number).integers(0, 16, size=(side, side, 3), dtype=np.uint8)
    color = np.array((number % 240, number // 240 % 240, 80), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(color + grain).save(buffer, format="PNG")
    last = name.rpartition("/")[2]
    activation = 1.0 if last.startswith(("max", "reference", "base")) else 0.0
    return NewFile(name=name, content=buffer.getvalue(), about={"activation": activation, "width": side, "height": side})
