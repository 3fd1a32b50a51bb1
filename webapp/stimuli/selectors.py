"""Reads of artifacts and jobs."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from experiments.contract.artifacts import ArtifactStore, StoredFile
from experiments.contract.fields import canonical_json
from experiments.jobs import Progress
from model_zoo.catalogue import MADE_HERE, MODEL_MADE_HERE
from webapp import compute
from webapp.stimuli.models import Artifact, Job

log = logging.getLogger(__name__)
UNKNOWN = "not known: the queue is out of reach"
"""What a job is doing that cannot be asked for."""


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
    seconds_left: float | None = None
    """Of what is being done now, if it goes on as it has gone so far; None where nothing can be said."""
    stages: Sequence[str] = ()
    """Digests of the trainings that a run has come to."""


def job_shown(job: Job) -> Shown:
    """The state of a job with its live progress from the result backend; while that is away, with `UNKNOWN`."""
    try:
        progress = compute.progress(str(job.task_id)) if job.state in Job.OPEN else None
    except compute.OUTAGES as error:
        log.warning("how far job %s is cannot be asked: %s", job.id, error)
        return Shown(state=job.state, done=0, total=0, doing=UNKNOWN)
    if progress is None:
        return Shown(state=job.state, done=0, total=0, doing="")
    left = _seconds_left(progress)
    return Shown(
        state=Job.State.STARTED,
        done=progress.done,
        total=progress.total,
        doing=progress.doing,
        seconds_left=left,
        stages=progress.stages,
    )


def _seconds_left(progress: Progress) -> float | None:
    if not 0 < progress.done < progress.total or progress.since == 0:
        return None
    return (progress.beat_at - progress.since) / progress.done * (progress.total - progress.done)


def artifact_file(artifact: Artifact, name: str) -> tuple[StoredFile, bytes] | None:
    """A file of an artifact with its bytes, or None if there is no such file."""
    try:
        stored = artifact.read_manifest().file(name)
    except KeyError:
        return None
    return stored, store().read_blob(stored.sha256)


def is_digest(text: str) -> bool:
    """Whether database and store can be asked for it."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def artifact_find(digest: str) -> Artifact | None:
    """An artifact that the database knows, or only the store, because it was made on the way to another."""
    if not is_digest(digest):
        return None
    return Artifact.objects.filter(digest=digest).first() or _adopted(digest)


def artifacts_find(digests: Sequence[str]) -> dict[str, Artifact | None]:
    """Each of several artifacts as `artifact_find` finds it, in their order; the database is asked once."""
    known = Artifact.objects.in_bulk([digest for digest in digests if is_digest(digest)])
    return {digest: known.get(digest) or (_adopted(digest) if is_digest(digest) else None) for digest in dict.fromkeys(digests)}


def artifact_lineage(digest: str) -> list[Artifact]:
    """The artifact and all that it was made from, each once, children before parents; of a model made here, what made it."""
    found: dict[str, Artifact] = {}
    waiting = [digest]
    while waiting:
        # A generation at once: an index has hundreds of shards for parents.
        generation = [artifact for artifact in artifacts_find(waiting).values() if artifact]
        found |= {artifact.digest: artifact for artifact in generation}
        parents = [parent for artifact in generation for parent in (*artifact.manifest["parents"], *_makers_of_models(artifact))]
        waiting = [parent for parent in parents if parent not in found]
    return list(found.values())


def _makers_of_models(artifact: Artifact) -> list[str]:
    """The digests of the runs and circuits whose models an artifact's recipe names."""
    named = set(MODEL_MADE_HERE.findall(canonical_json(artifact.manifest["recipe"])))
    return [digest for name in sorted(named) for digest in store().digests(name.removeprefix(MADE_HERE))]


def _adopted(digest: str) -> Artifact | None:
    """An artifact that a worker made on the way to another, as the store knows it; not saved."""
    manifest = store().manifest(digest)
    if manifest is None:
        return None
    recipe = manifest.recipe
    return Artifact(digest=digest, kind=recipe["kind"], unit=recipe.get("unit", ""), manifest=manifest.as_json())
