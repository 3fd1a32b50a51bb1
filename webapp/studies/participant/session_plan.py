"""What a participant's browser is told: the plan of its session, block by block, and nothing of the truth."""

from dataclasses import asdict
from itertools import groupby
from typing import Any, cast

from django.urls import reverse

from experiments.contract.designs import Presentation, TrialKind
from webapp.participants.models import Participant
from webapp.studies.completion import completion_url
from webapp.studies.models import Session, Study, StudyImage, Trial
from webapp.studies.selectors import session_phase, study_design, study_settings


def session_plan(session: Session) -> dict[str, Any]:
    """All that the browser needs, and nothing of the truth: no unit, no correct side, no mark on catch trials."""
    study = session.study
    trials = list(session.trials.select_related("response").order_by("position"))
    images = _images(trials)
    example = next(trial for trial in trials if trial.kind == "example")
    is_paused = study.state == Study.State.PAUSED and session.state in Session.UNFINISHED
    return {
        "task": study_design(study).TASK,
        "phase": "paused" if is_paused else session_phase(session),
        "language": session.language,
        "study_title": study.title,
        "simulated": session.kind == Participant.Kind.BOT,
        "notice": study.notice,
        "thanks": study.thanks,
        "contact": study.contact,
        "instructions": [asdict(page) for page in _design_says(session, "instructions")],
        "example": {
            **_trial_plan(session, example, images),
            "correct": example.correct_choice,
            "presentation": asdict(trial_presentation(session, example.condition)),
        },
        "practice": _practice(session, [trial for trial in trials if trial.attempt == session.attempt], images),
        "main": _main(session, [trial for trial in trials if trial.attempt == 0 and trial.kind != "example"], images),
        "code": session.completion_code or None,
        "url": completion_url(session),
    }


def practice_plan(session: Session) -> dict[str, Any]:
    """The trials of the current attempt at practice."""
    trials = list(session.trials.filter(attempt=session.attempt).select_related("response").order_by("position"))
    return _practice(session, trials, _images(trials))


def trial_presentation(session: Session, condition: str) -> Presentation:
    """How trials of a condition look in a session's language."""
    design, settings = study_design(session.study), study_settings(session.study)
    return design.presentation(condition=condition, settings=settings, language=session.language)


def gives_feedback(session: Session, trial: Trial) -> bool:
    """Whether somebody learns after a trial if they were right: in practice always, elsewhere where the design says so."""
    if trial.kind == "rating":
        return False
    return trial.kind == "practice" or trial_presentation(session, trial.condition).feedback_in_main


def _practice(session: Session, trials: list[Trial], images: dict[int, StudyImage]) -> dict[str, Any]:
    presentation = trial_presentation(session, session.condition.name)
    return {
        "attempt": session.attempt,
        "presentation": asdict(presentation),
        "trials": [_trial_plan(session, trial, images) for trial in trials],
    }


def _main(session: Session, trials: list[Trial], images: dict[int, StudyImage]) -> dict[str, Any]:
    blocks = [_block(session, list(of_block)) for _, of_block in groupby(trials, key=lambda trial: trial.block)]
    numbers = {block: number for number, (block, _) in enumerate(groupby(trials, key=lambda trial: trial.block))}
    right = sum(trial.kind in ("main", "catch") and _was_right(trial) for trial in trials)
    counts = any(block["presentation"]["running_count"] for block in blocks)
    return {
        "blocks": blocks,
        "trials": [{**_trial_plan(session, trial, images), "block": numbers[trial.block]} for trial in trials],
        "correct_so_far": right if counts else None,
    }


def _block(session: Session, trials: list[Trial]) -> dict[str, Any]:
    """The page before a block, how its trials look, and how many were right so far where people may know."""
    first = trials[0]
    page = _design_says(session, "block_page", condition=first.condition, kind=cast(TrialKind, first.kind))
    presentation = trial_presentation(session, first.condition)
    right = sum(map(_was_right, trials)) if presentation.block_score else None
    return {"page": asdict(page) if page else None, "presentation": asdict(presentation), "correct_so_far": right}


def _design_says(session: Session, part: str, **about: Any) -> Any:
    """What the design's function `part` says of a session's condition in its language."""
    about = {"condition": session.condition.name, **about}
    say = getattr(study_design(session.study), part)
    return say(settings=study_settings(session.study), language=session.language, **about)


def _was_right(trial: Trial) -> bool:
    return hasattr(trial, "response") and bool(trial.response.correct)


def _images(trials: list[Trial]) -> dict[int, StudyImage]:
    ids = {image for trial in trials for image in trial.images.values()}
    return StudyImage.objects.in_bulk(ids)


def _trial_plan(session: Session, trial: Trial, images: dict[int, StudyImage]) -> dict[str, Any]:
    return {
        "id": str(trial.id),
        "form": "rating" if trial.kind == "rating" else "choice",
        "answered": hasattr(trial, "response"),
        "images": {
            place: {
                "url": reverse("participant:image", args=[session.study_id, trial.id, images[image].served_sha256]),
                "size": images[image].served_size,
                "sha256": images[image].served_sha256,
            }
            for place, image in trial.images.items()
        },
    }
