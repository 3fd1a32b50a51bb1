"""From a new study to an open one: its stimuli are requested, awaited, padded to one size; then participants may come."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from experiments import registry
from experiments.contract.artifacts import Manifest, StoredFile
from experiments.contract.errors import InputError
from experiments.contract.recipes import StimulusSet
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request
from webapp.stimuli.signals import artifact_stored, job_failed
from webapp.studies.models import Study, StudyArtifact, StudyImage
from webapp.studies.padding import padded
from webapp.studies.selectors import StudyManifests, study_settings


def study_prepare(study: Study) -> None:
    """Request whatever a study still lacks; it opens by itself when nothing is missing."""
    Study.objects.filter(id=study.id).update(state=Study.State.PREPARING, error=None)
    recipes = needed_sets(study)
    # All needs are noted before the first is met: what lies in the store already is there at once, and opens studies.
    for recipe in recipes:
        StudyArtifact.objects.get_or_create(study=study, digest=recipe.digest)
    for recipe in recipes:
        artifact_request(recipe, urgent=True)
    study_open_if_ready(study.id)


def needed_sets(study: Study) -> list[StimulusSet]:
    """The recipes of all that a study shows, by its design."""
    design = registry.design(study.paper)
    conditions = [condition.name for condition in study.conditions.all()]
    return design.stimulus_sets(units=study.unit_addresses, conditions=conditions, settings=study_settings(study))


@receiver(artifact_stored)
def open_studies_that_waited(digest: str, **_: Any) -> None:
    """A stimulus came home: perhaps it was the last one that somebody waited for."""
    for need in StudyArtifact.objects.filter(digest=digest, study__state=Study.State.PREPARING):
        study_open_if_ready(need.study_id)


@receiver(job_failed)
def fail_studies_that_waited(job: Job, **_: Any) -> None:
    """A stimulus cannot be made: the studies that need it say so, and why."""
    error = job.error or {"field": "job", "message": "the job was cancelled", "remedy": "Prepare the study again"}
    waiting = Study.objects.filter(artifacts__digest=job.digest, state=Study.State.PREPARING)
    waiting.update(state=Study.State.FAILED, error={**error, "unit": job.unit, "job": str(job.id)})


@transaction.atomic
def study_open_if_ready(study_id: Any) -> None:
    """Open a preparing study if every artifact that it needs is stored and a session can be planned from them."""
    study = Study.objects.select_for_update().get(id=study_id)
    needed = set(study.artifacts.values_list("digest", flat=True))
    if study.state != Study.State.PREPARING or Artifact.objects.filter(digest__in=needed).count() < len(needed):
        return
    try:
        images_prepare(study, list(StudyManifests(study).values()))
    except (InputError, FileNotFoundError, KeyError) as error:
        study.state, study.error = Study.State.FAILED, _as_error(error)
    else:
        study.state, study.opened_at = Study.State.OPEN, timezone.now()
    study.save()


def images_prepare(study: Study, manifests: Sequence[Manifest]) -> None:
    """Write down every image as it will be served: padded to the size of the largest, so that sizes tell nothing."""
    files = [(manifest.digest, file) for manifest in manifests for file in manifest.files if file.media_type == "image/png"]
    size = max(file.size for _, file in files)
    StudyImage.objects.filter(study=study).delete()
    StudyImage.objects.bulk_create((_study_image(study, digest, file, size) for digest, file in files), batch_size=500)


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
