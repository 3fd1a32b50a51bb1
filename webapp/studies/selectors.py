"""Reads of studies: settings, stimuli, readiness, and what a participant's browser may know."""

import hashlib
import uuid
from dataclasses import asdict
from typing import Any

from django.urls import reverse

from experiments import registry
from experiments.contract.artifacts import Manifest
from experiments.contract.designs import Design
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from webapp.participants.models import Participant
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import job_shown, store
from webapp.studies.models import Session, Study, StudyImage, Trial
from webapp.studies.padding import padded


def study_design(study: Study) -> Design:
    """The design of the study's paper."""
    return registry.design(study.paper)


def study_settings(study: Study) -> Any:
    """The settings as the design's dataclass."""
    return build(study_design(study).Settings, study.settings)


def study_manifests(study: Study) -> dict[str, Manifest]:
    """What was made for the study so far, by digest."""
    digests = study.artifacts.values_list("digest", flat=True)
    return {artifact.digest: artifact.read_manifest() for artifact in Artifact.objects.filter(digest__in=digests)}


def study_progress(study: Study) -> list[dict[str, Any]]:
    """One entry for each artifact that the study needs: what it is, its state, how far its job is."""
    entries = []
    for digest in study.artifacts.values_list("digest", flat=True):
        job = Job.objects.filter(digest=digest).order_by("-created_at").first()
        about = {"digest": digest, "unit": job.unit if job else ""}
        if Artifact.objects.filter(digest=digest).exists():
            entries.append({**about, "state": "finished", "done": 1, "total": 1, "doing": ""})
        elif job:
            entries.append({**about, **asdict(job_shown(job))})
    return entries


def session_by_token(study_id: Any, token: str) -> Session | None:
    """The session of a study that a cookie's secret opens."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    # At most one; `first` would sort.
    return next(iter(Session.objects.select_related("study", "condition").filter(study_id=study_id, token_sha256=digest)), None)


def session_phase(session: Session) -> str:
    """Where the participant goes on: instructions, practice, main or finished."""
    if session.state == Session.State.FINISHED:
        return "finished"
    if session.instruction_time is None:
        return "instructions"
    return "main" if session.practice_passed else "practice"


def session_plan(session: Session) -> dict[str, Any]:
    """All that the browser needs, and nothing of the truth: no unit, no correct side, no mark on catch trials."""
    design, settings = study_design(session.study), study_settings(session.study)
    condition = session.condition.name
    trials = list(session.trials.select_related("response").order_by("position"))
    images = _images(trials)
    main = [trial for trial in trials if trial.kind in ("main", "catch")]
    example = next(trial for trial in trials if trial.kind == "example")
    presentation = design.presentation(condition=condition, settings=settings)
    answered = [trial.response for trial in main if hasattr(trial, "response")]
    correct_so_far = sum(response.correct for response in answered) if presentation.running_count else None
    return {
        "task": design.TASK,
        "phase": session_phase(session),
        "study_title": session.study.title,
        "simulated": session.kind == Participant.Kind.BOT,
        "notice": session.study.notice,
        "presentation": asdict(presentation),
        "instructions": [asdict(page) for page in design.instructions(condition=condition, settings=settings)],
        "example": {**_trial_plan(session, example, images), "correct": example.correct_choice},
        "practice": {
            "attempt": session.attempt,
            "trials": [
                _trial_plan(session, trial, images)
                for trial in trials
                if trial.kind == "practice" and trial.attempt == session.attempt
            ],
        },
        "main": {"trials": [_trial_plan(session, trial, images) for trial in main], "correct_so_far": correct_so_far},
        "code": session.completion_code or None,
    }


def practice_plan(session: Session) -> dict[str, Any]:
    """The trials of the current attempt at practice."""
    attempt = session.trials.filter(kind="practice", attempt=session.attempt)
    trials = list(attempt.select_related("response").order_by("position"))
    images = _images(trials)
    return {"attempt": session.attempt, "trials": [_trial_plan(session, trial, images) for trial in trials]}


def trial_image(session: Session, trial_id: Any, place: str) -> bytes | None:
    """The bytes of an image of one of the session's own trials, padded; None if it is not one."""
    trial = session.trials.filter(id=trial_id).first()
    if trial is None or place not in trial.images:
        return None
    image = StudyImage.objects.get(id=trial.images[place])
    return padded(store().read_blob(image.blob), image.served_size)


def _images(trials: list[Trial]) -> dict[int, StudyImage]:
    ids = {image for trial in trials for image in trial.images.values()}
    return StudyImage.objects.in_bulk(ids)


def _trial_plan(session: Session, trial: Trial, images: dict[int, StudyImage]) -> dict[str, Any]:
    return {
        "id": str(trial.id),
        "answered": hasattr(trial, "response"),
        "images": {
            place: {
                "url": reverse("participant:image", args=[session.study_id, trial.id, place]),
                "size": images[image].served_size,
                "sha256": images[image].served_sha256,
            }
            for place, image in trial.images.items()
        },
    }


def study_by_name(name: str) -> Study:
    """The study with this name or id.

    Raises:
        InputError: There is none.
    """
    study = Study.objects.filter(name=name).first()
    if study is None and _is_uuid(name):
        study = Study.objects.filter(id=name).first()
    if study is None:
        known = ", ".join(Study.objects.values_list("name", flat=True)) or "none yet"
        raise InputError(field="study", message=f"{name!r} is unknown", remedy=f"Choose one of: {known}")
    return study


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
