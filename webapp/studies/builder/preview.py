"""Any trial of a study as a researcher sees it: where each image stands, what is right, and where it comes from."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from experiments.contract.designs import CHOICES, Design, ImageRef, PlannedTrial, Presentation
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.studies.assignment import study_models
from webapp.studies.models import Study
from webapp.studies.selectors import StudyManifests, model_units, study_design, study_settings


@dataclass(frozen=True, kw_only=True)
class PreviewedImage:
    """An image of a trial."""

    url: str
    place: str
    is_right: bool = False
    activation: float | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewedTrial:
    """A trial, its images by the groups in which they stand."""

    trial: PlannedTrial
    number: int
    presentation: Presentation
    references: list[list[PreviewedImage]]
    """The groups left and right of the queries; the second is empty for an occlusion."""
    base: PreviewedImage | None
    """The unoccluded image, or the one that is labelled."""
    queries: list[PreviewedImage]


def session_preview(
    study: Study, *, condition: str, model: str, task_index: int, seed: int, language: str
) -> list[PreviewedTrial]:
    """The trials of a session as it would be laid down, practice first; nothing is stored.

    Raises:
        InputError: There is no such condition, model or task, or the study has no stimuli yet.
    """
    conditions = [each.name for each in study.conditions.all()]
    require(condition in conditions, "condition", f"{condition!r} is unknown", f"Choose one of {', '.join(conditions)}")
    models = study_models(study)
    require(model in models, "model", f"{model!r} is unknown", f"Choose one of {', '.join(models)}")
    design, settings, sets = study_design(study), study_settings(study), StudyManifests(study)
    require(0 <= task_index < settings.tasks, "task", f"there is no task {task_index}", f"Choose 0 to {settings.tasks - 1}")
    about = {"condition": condition, "units": model_units(study, model=model), "settings": settings, "sets": sets}
    trials = _laid_down(design, about, seed=seed, task_index=task_index)
    shown = {image.digest for trial in trials for image in trial.images.values()}
    files = {(digest, file.name): file.about for digest in shown for file in sets[digest].files}
    return [
        _previewed(
            trial,
            number,
            design.presentation(condition=trial.condition or condition, settings=settings, language=language),
            CHOICES[design.TASK],
            files,
        )
        for number, trial in enumerate(trials)
    ]


def _laid_down(design: Design, about: dict[str, Any], *, seed: int, task_index: int) -> list[PlannedTrial]:
    try:
        return [*design.practice(seed, attempt=1, **about), *design.plan(seed, index=task_index, **about)]
    except KeyError as error:
        message = "its stimuli are not all there yet"
        raise InputError(field="study", message=message, remedy="Start the study and wait until it is open") from error


def _previewed(
    trial: PlannedTrial, number: int, presentation: Presentation, choices: tuple[str, ...], files: dict[tuple[str, str], Any]
) -> PreviewedTrial:
    def seen(place: str, image: ImageRef) -> PreviewedImage:
        activation = files[image.digest, image.name].get("activation")
        url = reverse("api:artifact-file", args=[image.digest, image.name])
        return PreviewedImage(url=url, place=place, is_right=place == f"query_{trial.correct}", activation=activation)

    def group(prefix: str) -> list[PreviewedImage]:
        return [seen(place, image) for place, image in trial.images.items() if place.startswith(f"{prefix}_")]

    places = [f"query_{choice}" for choice in choices if f"query_{choice}" in trial.images]
    queries = [seen(place, trial.images[place]) for place in places]
    return PreviewedTrial(
        trial=trial,
        number=number,
        presentation=presentation,
        references=[group("left") or group("reference"), group("right")],
        base=next((seen(place, trial.images[place]) for place in ("base", "image") if place in trial.images), None),
        queries=queries,
    )
