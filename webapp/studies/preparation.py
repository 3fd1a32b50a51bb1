"""From a new study to an open one: its stimuli are requested, awaited, padded to one size; then participants may come.

Called by the builder, the admin and the command; by outcomes that come home, and every minute.
"""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from experiments import registry
from experiments.contract.artifacts import Manifest, StoredFile
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes import StimulusSet
from webapp.one_by_one import one_by_one
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request
from webapp.stimuli.signals import artifact_stored, job_failed
from webapp.studies.models import Study, StudyArtifact, StudyImage
from webapp.studies.padding import padded
from webapp.studies.selectors import StudyManifests, study_settings

SLICE = 2000
"""Images that are written in one transaction: nobody else can write to SQLite meanwhile, nor to the study's row elsewhere."""
PREPARABLE = (Study.State.DRAFT, Study.State.PREPARING, Study.State.FAILED)


def study_prepare(study: Study) -> None:
    """Request whatever a study still lacks; it opens by itself when nothing is missing.

    Raises:
        InputError: It has been opened, or was run elsewhere.
    """
    for recipe in _needs_note(study):
        artifact_request(recipe, urgent=True)
    study_open_if_ready(study.id)


@transaction.atomic
def _needs_note(study: Study) -> list[StimulusSet]:
    """All needs are noted before the first is met: what lies in the store already is there at once, and opens studies."""
    locked = Study.objects.select_for_update(no_key=True).get(id=study.id)
    remedy = f"Only what is {', '.join(PREPARABLE)} can be prepared; load the page again"
    require(locked.state in PREPARABLE, "state", f"{locked.name} is {locked.state}", remedy)
    locked.state, locked.error = Study.State.PREPARING, None
    locked.save(update_fields=["state", "error"])
    recipes = needed_sets(locked)
    needs = (StudyArtifact(study=locked, digest=recipe.digest) for recipe in recipes)
    StudyArtifact.objects.bulk_create(needs, ignore_conflicts=True, batch_size=500)
    return recipes


def needed_sets(study: Study) -> list[StimulusSet]:
    """The recipes of all that a study shows, by its design."""
    design = registry.design(study.paper)
    conditions = [condition.name for condition in study.conditions.all()]
    return design.stimulus_sets(units=study.unit_addresses, conditions=conditions, settings=study_settings(study))


@receiver(artifact_stored)
def open_studies_that_waited(digest: str, **_: Any) -> None:
    """A stimulus came home: perhaps it was the last one that somebody waited for.

    A study opens once the artifact is written down: reading all its images takes longer than others should wait. If this
    process dies before, the minute's look opens it.
    """
    for need in StudyArtifact.objects.filter(digest=digest, study__state=Study.State.PREPARING):
        transaction.on_commit(partial(study_open_if_ready, need.study_id), robust=True)


@receiver(job_failed)
def fail_studies_that_waited(job: Job, **_: Any) -> None:
    """A stimulus cannot be made: the studies that need it say so, and why."""
    error = job.error or {"field": "job", "message": "the job was cancelled", "remedy": "Prepare the study again"}
    waiting = Study.objects.filter(artifacts__digest=job.digest, state=Study.State.PREPARING)
    waiting.update(state=Study.State.FAILED, error={**error, "unit": job.unit, "job": str(job.id)})


def studies_open() -> None:
    """Open all studies whose stimuli have come, and ask for what nobody makes. Called every minute."""
    one_by_one(Study.objects.filter(state=Study.State.PREPARING), _preparation_go_on)


def _preparation_go_on(study: Study) -> None:
    """Who started the study may have died before all was asked for."""
    asked = Job.objects.filter(digest__in=_needed(study), state__in=Job.OPEN).values_list("digest", flat=True)
    there = Artifact.objects.filter(digest__in=_needed(study)).values_list("digest", flat=True)
    missing = _needed(study).difference(asked, there)
    for recipe in needed_sets(study) if missing else ():
        if recipe.digest in missing:
            artifact_request(recipe, urgent=True)
    study_open_if_ready(study.id)


def study_open_if_ready(study_id: Any) -> None:
    """Open a preparing study if every artifact that it needs is stored; its images are read before its row is locked."""
    study = Study.objects.get(id=study_id)
    needed = _needed(study)
    if study.state != Study.State.PREPARING or Artifact.objects.filter(digest__in=needed).count() < len(needed):
        return
    try:
        images = images_prepared(study, list(StudyManifests(study).values()))
    except (InputError, FileNotFoundError, KeyError) as error:
        _preparation_end(study, needed, state=Study.State.FAILED, error=_as_error(error))
        return
    for first in range(0, len(images), SLICE):
        _images_write(study, needed, images[first : first + SLICE])
    _preparation_end(study, needed, images=len(images), state=Study.State.OPEN, opened_at=timezone.now())


@transaction.atomic
def _images_write(study: Study, needed: set[str], images: Sequence[StudyImage]) -> None:
    """Write some images down. Trials name them by their ids: those of a row that is there already stay."""
    if _is_awaited(study, needed):
        StudyImage.objects.bulk_create(
            images,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["study", "digest", "name"],
            update_fields=["blob", "activation", "served_size", "served_sha256"],
        )


@transaction.atomic
def _preparation_end(study: Study, needed: set[str], *, images: int = 0, **outcome: Any) -> None:
    """Write down what came of a preparation. It does not open a study whose images somebody took away meanwhile."""
    if _is_awaited(study, needed) and study.images.count() >= images:
        Study.objects.filter(id=study.id).update(**outcome)


def _is_awaited(study: Study, needed: set[str]) -> bool:
    """Whether the study was neither planned anew nor opened meanwhile; it stays so until the transaction ends."""
    locked = Study.objects.select_for_update(no_key=True).get(id=study.id)
    return locked.state == Study.State.PREPARING and _needed(locked) == needed


def _needed(study: Study) -> set[str]:
    return set(study.artifacts.values_list("digest", flat=True))


def images_prepared(study: Study, manifests: Sequence[Manifest]) -> list[StudyImage]:
    """Every image as it will be served: padded to the size of the largest, so that sizes tell nothing."""
    files = [(manifest.digest, file) for manifest in manifests for file in manifest.files if file.media_type == "image/png"]
    size = max(file.size for _, file in files)
    return [_study_image(study, digest, file, size) for digest, file in files]


def _study_image(study: Study, digest: str, file: StoredFile, size: int) -> StudyImage:
    served = padded(store().read_blob(file.sha256), size)
    return StudyImage(
        study=study,
        digest=digest,
        name=file.name,
        blob=file.sha256,
        activation=file.about.get("activation"),
        served_size=size,
        served_sha256=hashlib.sha256(served).hexdigest(),
    )


def _as_error(error: Exception) -> dict[str, str]:
    if isinstance(error, InputError):
        return error.as_json()
    return {"field": "stimuli", "message": str(error), "remedy": "Restore the artifact store, then prepare the study again"}
