"""The one task of a GPU worker: a recipe in, an outcome out, both JSON. It beats while it works, lest it be thought dead."""

import errno
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from celery import Task, chord, shared_task
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import Cancelled, InputError
from experiments.contract.local_models import bring_models
from experiments.contract.recipes import Recipe, recipe_from_json
from experiments.workshop import LocalWorkshop

logger = logging.getLogger(__name__)

CANCEL_LOOK_SECONDS = 1.0
OUTAGES = (OperationalError, RedisError)
"""What is raised while the queue or the results are out of reach; none is one of Python's own errors."""
FULL_DISK = InputError(
    field="artifact store",
    message="the disk is full",
    remedy="Free some space on the worker's disk and ask again; nothing half-written was kept",
)
OUT_OF_MEMORY = InputError(
    field="worker",
    message="the worker's memory is full",
    remedy="Ask for less at once (a smaller size, batch or pool), or give the worker more memory; its limit is MEMORY_GIB",
)


@shared_task(
    name=jobs.MAKE,
    bind=True,
    autoretry_for=(ConnectionError, TimeoutError, *OUTAGES),
    max_retries=jobs.MAX_ATTEMPTS,
    retry_backoff=True,
    resultrepr_maxsize=200,
)
def make(self: Task, outcomes: Sequence[dict[str, Any]] = (), *, job: str, recipe: dict[str, Any]) -> dict[str, Any]:
    """Make the artifact of a recipe and return its outcome; only faults of code or machine raise.

    A job that can be shared is divided: its parts become tasks of their own, and the job a task that follows them with their
    `outcomes`, under the id that it had. With them made it goes the same way again and finds them in the store.
    """
    for outcome in outcomes:
        if outcome["state"] != "finished":
            return outcome
    try:
        return _outcome(self, job=job, recipe=recipe)
    except Divided as divided:
        return _divide(self, divided, job=job, recipe=recipe)


def _outcome(task: Task, *, job: str, recipe: dict[str, Any]) -> dict[str, Any]:
    store = ArtifactStore(jobs.artifact_url())
    with Heartbeat(task, job=job, store=store) as heartbeat:
        device = os.environ.get("DEVICE", "cpu")
        workshop = SharedWorkshop(store=store, device=device, report=heartbeat.report, stages=heartbeat.stages)
        try:
            bring_models(recipe, store=store)
            return jobs.finished(job, workshop.obtain(recipe_from_json(recipe)).as_json())
        except InputError as error:
            return jobs.failed(job, error.as_json(), stages=heartbeat.stages)
        except Cancelled:
            return jobs.cancelled(job, stages=heartbeat.stages)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return jobs.failed(job, FULL_DISK.as_json())
            raise
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                return jobs.failed(job, OUT_OF_MEMORY.as_json(), stages=heartbeat.stages)
            raise


def is_out_of_memory(error: MemoryError | RuntimeError) -> bool:
    """Whether there was no memory; torch says so of the CPU's only in words."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _divide(task: Task, divided: "Divided", *, job: str, recipe: dict[str, Any]) -> NoReturn:
    """Replace the task by a chord: one task for each of the recipes, then this one again."""
    place = {"queue": jobs.GPU_QUEUE, "priority": jobs.FIRST}
    ids = [jobs.part_id(job, digest=part.digest) for part in divided.recipes]
    now = time.time()
    progress = jobs.Progress(
        job=job, total=len(ids), doing="waiting for workers", beat_at=now, since=now, parts=ids, stages=divided.stages
    )
    task.backend.store_result(task.request.id, progress.as_json(), "PROGRESS")
    parts = [
        task.s(job=job, recipe=part.as_json()).set(task_id=part_id, **place)
        for part, part_id in zip(divided.recipes, ids, strict=True)
    ]
    raise task.replace(chord(parts, task.s(job=job, recipe=recipe).set(**place)))


class Divided(Exception):  # noqa: N818 -- not an error: it carries the parts of a job out of its maker
    """A job can go on when these recipes have been made, by whichever worker; `stages` are the trainings it knows of."""

    def __init__(self, recipes: Sequence[Recipe], *, stages: Sequence[str]) -> None:
        super().__init__()
        self.recipes, self.stages = recipes, tuple(stages)


@dataclass(frozen=True, kw_only=True)
class SharedWorkshop(LocalWorkshop):
    """A workshop on a queue, where other workers may help."""

    def obtain_all(self, recipes: Sequence[Recipe]) -> list[Manifest]:
        """The artifacts of these recipes, if they are there; where one of several is missing, the job is divided."""
        asked = {recipe.digest: recipe for recipe in recipes}
        missing = [recipe for digest, recipe in asked.items() if self.store.manifest(digest) is None]
        if missing and len(asked) > 1:
            self.note(recipes)
            raise Divided(missing, stages=self.stages)
        return super().obtain_all(recipes)


class Heartbeat:
    """Stores the progress of a running task every few seconds, from a thread of its own, until the block is left.

    Where the progress cannot be stored, the task goes on, and the next beat tries again: nobody else waits for it.
    """

    def __init__(self, task: Task, *, job: str, store: ArtifactStore) -> None:
        self.backend, self.task_id, self.job, self.store = task.backend, task.request.id, job, store
        self.progress = jobs.Progress(job=job)
        self.stages: list[str] = []
        self.has_left = False
        self.wake = threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True)
        self.looked_at = 0.0

    def __enter__(self) -> "Heartbeat":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        # Joined before the task returns: a late beat would overwrite the result.
        self.has_left = True
        self.wake.set()
        self.thread.join()

    def report(self, done: int, total: int, doing: str) -> None:
        """Remember the progress for the next beat, at most a second away; raise Cancelled if somebody asked for it."""
        goes_on = total == self.progress.total and done >= self.progress.done
        since = self.progress.since if goes_on else time.time()
        self.progress = jobs.Progress(job=self.job, done=done, total=total, doing=doing, since=since)
        if time.monotonic() - self.looked_at > CANCEL_LOOK_SECONDS:
            self.looked_at = time.monotonic()
            self.wake.set()
            if self.store.is_cancelled(self.job):
                raise Cancelled

    def _beat(self) -> None:
        while not self.has_left:
            meta = {**self.progress.as_json(), "beat_at": time.time(), "stages": list(self.stages)}
            try:
                self.backend.store_result(self.task_id, meta, "PROGRESS")
            except (OSError, *OUTAGES) as error:
                logger.warning("A beat could not be stored: %s", type(error).__name__)
            self.wake.wait(jobs.BEAT_SECONDS)
            self.wake.clear()
