"""Writes of artifacts and jobs: request, take home, look after, cancel. Called by REST, admin, studies and the web worker."""

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from experiments import jobs
from experiments.contract.local_models import bring_models, is_model, model_id
from experiments.contract.recipes import Circuit, Network, Recipe, Training, recipe_from_json
from model_zoo.catalogue import MADE_HERE
from webapp import compute
from webapp.one_by_one import one_by_one
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.signals import artifact_stored, job_failed

log = logging.getLogger(__name__)

WORKER_LOST = {
    "field": "worker",
    "message": f"worker lost: {jobs.MAX_ATTEMPTS} workers died over this job",
    "remedy": "Look at the worker's log and memory, then request the job again",
}


def artifact_request(recipe: Recipe, *, urgent: bool = False) -> Artifact | Job:
    """The artifact of a recipe if it exists, else the job that makes it; a job is started only if none is open.

    An `urgent` one comes before all others but analyses; one that is open already moves up.
    """
    digest = recipe.digest
    artifact = Artifact.objects.filter(digest=digest).first()
    if artifact:
        return artifact
    # Made before, say by the command line, and only this database does not know it yet.
    manifest = store().manifest(digest)
    if manifest:
        return artifact_store(manifest.as_json())
    unit = str(getattr(recipe, "unit", ""))
    try:
        with transaction.atomic():
            job = Job.objects.create(digest=digest, kind=recipe.kind, unit=unit, recipe=recipe.as_json(), urgent=urgent)
            job_queue(job)
    except IntegrityError:
        # None is open if that one has ended since: then the artifact is there, or it is asked for anew.
        return _job_join(digest, urgent=urgent) or artifact_request(recipe, urgent=urgent)
    return job


@transaction.atomic
def _job_join(digest: str, *, urgent: bool) -> Job | None:
    """The open job of a digest; if it is urgent from now on and still waits, its message is replaced by an urgent one."""
    job = Job.objects.select_for_update().filter(digest=digest, state__in=Job.OPEN).first()
    if job and urgent and not job.urgent:
        job.urgent = True
        job.save()
        if compute.progress(str(job.task_id)) is None:
            compute.cancel(str(job.task_id))
            # The same attempt: no worker has seen it.
            job.attempts -= 1
            job_queue(job)
    return job


def job_queue(job: Job) -> None:
    """Put a job on the queue (again), when the transaction has committed."""
    job.state, job.attempts, job.task_id = Job.State.QUEUED, job.attempts + 1, uuid.uuid4()
    job.queued_at, job.started_at = timezone.now(), None
    job.save()
    message = {"job": str(job.id), "task_id": str(job.task_id), "recipe": job.recipe, "priority": job.priority}
    # Robust: without a queue the job is there all the same, and the look after lost jobs sends it.
    transaction.on_commit(lambda: _submit(**message), robust=True)


def _submit(**message: Any) -> None:
    try:
        compute.submit(**message)
    except compute.OUTAGES as error:
        log.warning("job %s waits for the queue: %s", message["job"], str(error).strip().partition("\n")[0])


@transaction.atomic
def artifact_store(manifest: dict[str, Any]) -> Artifact:
    """Take an artifact's manifest into the database, once."""
    recipe = manifest["recipe"]
    artifact, created = Artifact.objects.get_or_create(
        digest=manifest["digest"],
        defaults={"kind": recipe["kind"], "unit": recipe.get("unit", ""), "manifest": manifest},
    )
    if created:
        if is_model(manifest["files"]):
            # From here on its units have addresses in this process, too. Not before the commit, since weights are large and
            # others wait; if it fails, the minute's look brings them.
            transaction.on_commit(lambda: bring_models(model_id(artifact.digest), store=store()), robust=True)
        artifact_stored.send(sender=Artifact, digest=artifact.digest)
    return artifact


def models_bring() -> None:
    """Bring the models made here that artifacts are or are of into the zoo folder, which a restored server has empty."""
    made = Artifact.objects.filter(kind__in=(Circuit.kind, Network.kind, Training.kind)).values_list("digest", "manifest__files")
    named = Artifact.objects.filter(unit__startswith=MADE_HERE).values_list("unit", flat=True).distinct()
    bring_models([*(model_id(digest) for digest, files in made if is_model(files)), *named], store=store())


def artifacts_remove(digests: Sequence[str]) -> None:
    """Forget artifacts, in the store and in the database; a file that another of their kind shares stays."""
    gone = Artifact.objects.filter(digest__in=digests)
    others = Artifact.objects.filter(kind__in=gone.values("kind")).exclude(digest__in=digests)
    kept = {file["sha256"] for manifest in others.values_list("manifest", flat=True) for file in manifest["files"]}
    for artifact in gone:
        store().remove(artifact.digest)
        for file in artifact.read_manifest().files:
            if file.sha256 not in kept:
                store().remove_blob(file.sha256)
    gone.delete()


@transaction.atomic
def job_end(outcome: dict[str, Any]) -> None:
    """Take an outcome home. A second copy of it, or one for a job that has ended, changes nothing."""
    if outcome["state"] == "finished":
        artifact_store(outcome["manifest"])
    job = Job.objects.select_for_update().filter(id=outcome["job"], state__in=Job.OPEN).first()
    if job is None:
        return
    job.state, job.error, job.ended_at = outcome["state"], outcome.get("error"), timezone.now()
    job.save()
    if job.state != Job.State.FINISHED:
        job_failed.send(sender=Job, job=job, stages=outcome.get("stages", []))


@transaction.atomic
def job_crash(task_id: str) -> None:
    """A task raised, or the process under it died: a lost worker is followed by another attempt, a fault ends the job."""
    job = Job.objects.select_for_update().filter(task_id=task_id, state__in=Job.OPEN).first()
    if job is None:
        return
    error = compute.crash(task_id)
    if type(error).__name__ == "WorkerLostError":
        job_requeue(job)
        return
    message = f"{type(error).__name__}: {error}"
    log.error("job %s crashed: %s", job.id, message)
    remedy = "Look at the worker's log; this is a fault of the program or the machine, not of the request"
    job_end(jobs.failed(str(job.id), {"field": "job", "message": message, "remedy": remedy}))


def job_requeue(job: Job) -> None:
    """Give a lost job to another worker, unless too many have died over it."""
    if job.attempts < jobs.MAX_ATTEMPTS:
        log.warning("job %s was lost; attempt %d follows", job.id, job.attempts + 1)
        job_queue(job)
    else:
        job_end(jobs.failed(str(job.id), WORKER_LOST, stages=_stages(job)))


def job_cancel(job: Job) -> None:
    """Stop a job, whether it waits or runs; one that has ended stays as it is.

    The mark in the store is what its worker looks at. That the queue is told too saves it the start, and may fail.
    """
    if job.state not in Job.OPEN:
        return
    stages = _stages(job)
    store().mark_cancelled(str(job.id))
    try:
        compute.cancel(str(job.task_id))
    except compute.OUTAGES as error:
        log.warning("job %s is cancelled, and the queue could not be told: %s", job.id, error)
    job_end(jobs.cancelled(str(job.id), stages=stages))


def _stages(job: Job) -> Sequence[str]:
    """What a run has come to, if its worker's last word is still there and can be asked for."""
    try:
        progress = compute.progress(str(job.task_id))
    except compute.OUTAGES as error:
        log.warning("what job %s has come to is not known: %s", job.id, error)
        return ()
    return progress.stages if progress else ()


def jobs_look_after() -> None:
    """Bring home what the queue forgot: outcomes whose message was lost, dead workers' jobs, messages that are gone.

    Then sweep the store of what is of no use any more.
    """
    compute.sweep()
    gone_before = _gone_before()
    one_by_one(Job.objects.filter(state__in=Job.OPEN), partial(_look_after, gone_before=gone_before))
    store().sweep()


def _look_after(job: Job, *, gone_before: Mapping[int, datetime]) -> None:
    outcome = compute.outcome(str(job.task_id))
    if outcome is not None:
        job_end(outcome)
    elif compute.crash(str(job.task_id)) is not None:
        job_crash(str(job.task_id))
    else:
        _look_after_open(job.id, gone_before=gone_before)


def _gone_before() -> dict[int, datetime]:
    """By priority: a message that was put on the queue before this moment is on it no more.

    Of an empty queue that is every message but the newest. Else it is those that a later one has overtaken: messages of one
    priority leave the queue in their order.
    """
    long_ago = timezone.now() - timedelta(seconds=jobs.LOST_SECONDS)
    if compute.waiting(jobs.GPU_QUEUE) == 0:
        return dict.fromkeys(jobs.PRIORITIES, long_ago)
    begun = Q(state=Job.State.STARTED, started_at__lt=long_ago) | Q(state=Job.State.FINISHED, ended_at__lt=long_ago)
    newest = Job.objects.filter(begun, queued_at__isnull=False).values_list("kind", "urgent").annotate(at=Max("queued_at"))
    # By time, so that the newest of a priority is what stays.
    return {Job(kind=kind, urgent=urgent).priority: at for kind, urgent, at in newest.order_by("at")}


@transaction.atomic
def _look_after_open(job_id: uuid.UUID, *, gone_before: Mapping[int, datetime]) -> None:
    job = Job.objects.select_for_update().filter(id=job_id, state__in=Job.OPEN).first()
    if job is None:
        return
    progress = compute.progress(str(job.task_id))
    if progress is not None:
        if job.state == Job.State.QUEUED:
            job.state, job.started_at = Job.State.STARTED, timezone.now()
            job.save()
        if time.time() - progress.beat_at > jobs.LOST_SECONDS:
            job_requeue(job)
    elif job.queued_at and job.priority in gone_before and job.queued_at < gone_before[job.priority]:
        if job.state == Job.State.QUEUED:
            # The queue forgot it before any worker saw it; nobody died over it.
            job.attempts -= 1
        job_requeue(job)


def job_retry(job: Job) -> Artifact | Job:
    """Request the recipe of an ended job anew."""
    return artifact_request(recipe_from_json(job.recipe))
