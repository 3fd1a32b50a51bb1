"""The names on the queue, and the settings that both Celery apps share: the whole border between webapp and experiments."""

import math
import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from model_zoo.errors import InputError
from model_zoo.home import HOME

# Work for the GPU worker.
GPU_QUEUE = "gpu"
MAKE = "experiments.make"

ANALYSES, PARTS, URGENT, ORDINARY = PRIORITIES = 0, 3, 6, 9
"""On the GPU queue, the lowest number first: analyses, which take seconds; parts of work that has begun; what a study waits for;
all else. These four are the ones that kombu keeps apart on Redis."""

# The web worker's: an outcome or a crash that comes home, the minute's look after lost jobs, sessions whose time is over, what
# is kept no longer, sessions to analyze, payments to send, and what became of submissions and payments at the recruiters.
WEB_QUEUE = "web"
JOB_FINISHED = "webapp.stimuli.job_finished"
JOB_CRASHED = "webapp.stimuli.job_crashed"
LOOK_AFTER = "webapp.stimuli.look_after"
EXPIRE = "webapp.studies.expire"
RETAIN = "webapp.studies.retain"
ANALYZE = "webapp.studies.analyze"
PAY = "webapp.participants.pay"
RECONCILE = "webapp.participants.reconcile"


def _seconds(name: str, *, default: str) -> float:
    """A time from the environment, a second or more.

    Raises:
        InputError: It is none.
    """
    given = os.environ.get(name) or default
    remedy = "Give a number of seconds, 1 or more"
    try:
        seconds = float(given)
    except ValueError as error:
        raise InputError(field=name, message=f"{given!r} is no time", remedy=remedy) from error
    if not 1 <= seconds < math.inf:
        raise InputError(field=name, message=f"{given!r} is out of range", remedy=remedy)
    return seconds


LOST_SECONDS = _seconds("LOST_SECONDS", default="60")
"""A started job without a beat, or a queued one without a message, is lost after so long."""
BEAT_SECONDS = LOST_SECONDS / 12
"""A running job tells that it is alive so often."""
MAX_ATTEMPTS = 3
HARD_LIMIT_SECONDS = 6 * 3600
"""The worker ends a job after so long."""

RESULT_FILES = "experiments.result_files.ResultFiles"
"""The result backend behind `file://` URLs."""
QUEUE_FILES = "experiments.queue_files:Transport"
"""The broker behind `filesystem://` URLs."""

VAR = HOME / "var"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a running job tells through the result backend."""

    job: str
    done: int = 0
    total: int = 0
    doing: str = "starting"
    beat_at: float = 0.0
    """Unix time in s."""
    since: float = 0.0
    """Unix time in s at which it began what it is doing now."""
    parts: Sequence[str] = ()
    """Ids of the Celery tasks that it was divided into; while they run, theirs is its progress."""
    stages: Sequence[str] = ()
    """Digests of the trainings that a run has obtained or is making now, in order; the store has their journals."""

    def as_json(self) -> dict[str, Any]:
        """The meta of the Celery state PROGRESS."""
        return asdict(self)


def part_id(job: str, *, digest: str) -> str:
    """The Celery task that makes an artifact as a part of a job; the same at every attempt, so that it ends all of them."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job}/{digest}"))


def finished(job: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a job that made its artifact."""
    return {"job": job, "state": "finished", "manifest": manifest}


def failed(job: str, error: dict[str, str], *, stages: Sequence[str] = ()) -> dict[str, Any]:
    """The outcome of a job that could not be done as asked: field, message and remedy; `stages` as in `Progress`."""
    return {"job": job, "state": "failed", "error": error, "stages": list(stages)}


def cancelled(job: str, *, stages: Sequence[str] = ()) -> dict[str, Any]:
    """The outcome of a job that was told to stop."""
    return {"job": job, "state": "cancelled", "stages": list(stages)}


def artifact_url() -> str:
    """Where artifacts are kept: ARTIFACT_URL, by default `var/artifacts`."""
    return os.environ.get("ARTIFACT_URL") or str(VAR / "artifacts")


def queue_settings(*, default_queue: str) -> dict[str, Any]:
    """Celery's settings from the environment: BROKER_URL and RESULT_URL, or REDIS_URL for both, or folders below `var/`."""
    redis_url = os.environ.get("REDIS_URL", "")
    broker_url = os.environ.get("BROKER_URL") or redis_url or f"filesystem://{VAR / 'queue'}"
    in_files = broker_url.startswith("filesystem://")
    result_url = os.environ.get("RESULT_URL") or redis_url or f"file://{VAR / 'results'}"
    if result_url.startswith("file://"):
        Path(urlsplit(result_url).path).mkdir(parents=True, exist_ok=True)
        result_url = f"{RESULT_FILES}+{result_url}"
    return {
        # Its folder is among the options; the host is there because kombu complains of none.
        "broker_url": "filesystem://localhost" if in_files else broker_url,
        "broker_transport": QUEUE_FILES if in_files else None,
        "broker_transport_options": _transport_options(broker_url),
        "broker_connection_retry_on_startup": True,
        "result_backend": result_url,
        "result_expires": 7 * 24 * 3600,
        "result_extended": True,
        "task_default_queue": default_queue,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_track_started": True,
        "task_time_limit": HARD_LIMIT_SECONDS,
        "worker_concurrency": 1,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": True,
    }


def _transport_options(broker_url: str) -> dict[str, Any]:
    if not broker_url.startswith("filesystem://"):
        # Redis hands a message to another worker after this time, so it must exceed the longest job.
        return {"visibility_timeout": HARD_LIMIT_SECONDS + 3600}
    folder = Path(broker_url.removeprefix("filesystem://"))
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    messages = str(folder / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(folder / "control")}
