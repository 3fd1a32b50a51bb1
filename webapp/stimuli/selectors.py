"""Reads of artifacts and jobs."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from experiments.contract.artifacts import ArtifactStore, StoredFile
from webapp import compute
from webapp.stimuli.models import Artifact, Job


@cache
def store() -> ArtifactStore:
    """The artifact store of this deployment."""
    return ArtifactStore(settings.ARTIFACT_URL)


@dataclass(frozen=True)
class Shown:
    """A job as people see it: its state and how far it is."""

    state: str
    done: int
    total: int
    doing: str


def job_shown(job: Job) -> Shown:
    """The state of a job with its live progress from the result backend."""
    progress = compute.progress(str(job.task_id)) if job.state in Job.OPEN else None
    if progress is None:
        return Shown(state=job.state, done=0, total=0, doing="")
    return Shown(state=Job.State.STARTED, done=progress.done, total=progress.total, doing=progress.doing)


def artifact_file(artifact: Artifact, name: str) -> tuple[StoredFile, bytes] | None:
    """A file of an artifact with its bytes, or None if there is no such file."""
    try:
        stored = artifact.read_manifest().file(name)
    except KeyError:
        return None
    return stored, store().read_blob(stored.sha256)


def artifact_lineage(digest: str) -> list[Artifact]:
    """The artifact and all that it was made from, each once, children before parents."""
    found: dict[str, Artifact] = {}
    waiting = [digest]
    while waiting:
        current = waiting.pop(0)
        artifact = Artifact.objects.filter(digest=current).first() or _adopted(current)
        if artifact and current not in found:
            found[current] = artifact
            waiting += artifact.manifest["parents"]
    return list(found.values())


def _adopted(digest: str) -> Artifact | None:
    """An artifact that a worker made on the way to another, as the store knows it; not saved."""
    manifest = store().manifest(digest)
    if manifest is None:
        return None
    recipe = manifest.recipe
    return Artifact(digest=digest, kind=recipe["kind"], unit=recipe.get("unit", ""), manifest=manifest.as_json())
