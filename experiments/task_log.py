"""Logs each task when it ends: its name, what it made, how it ended, how long it took. Imported by both Celery apps."""

import hashlib
import logging
import time
from typing import Any

from celery.signals import task_postrun, task_prerun

from experiments.contract.fields import canonical_json

log = logging.getLogger(__name__)
_started: dict[str, float] = {}


@task_prerun.connect
def note_start(task_id: str, **_: Any) -> None:
    """Look at the clock."""
    _started[task_id] = time.monotonic()


@task_postrun.connect
def write_line(task_id: str, task: Any, kwargs: dict[str, Any], retval: Any, state: str | None, **_: Any) -> None:
    """Say what became of it. An outcome tells its own state; that it was told is Celery's."""
    seconds = time.monotonic() - _started.pop(task_id, time.monotonic())
    about: dict[str, Any] = {"task": task.name, "state": state, "seconds": round(seconds, 3)}
    if isinstance(retval, dict) and "state" in retval:
        about["state"] = retval["state"]
    if recipe := kwargs.get("recipe"):
        digest = hashlib.sha256(canonical_json(recipe).encode()).hexdigest()
        about |= {"kind": recipe.get("kind"), "digest": digest, "job": kwargs.get("job")}
    log.info("task", extra=about)
