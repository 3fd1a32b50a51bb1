"""The only place that talks to the queue: submit, look, cancel. Services call it; results come home as tasks.

Progress and outcomes lie in the result backend under the Celery task's id.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from celery import Celery
from celery.exceptions import WorkerLostError
from celery.result import AsyncResult
from celery.states import READY_STATES
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from experiments import jobs

CHECK_SECONDS = 2
"""For looking whether the broker is there."""
OUTAGES = (OperationalError, RedisError)
"""What is raised here while the queue or the results are out of reach."""

POLLED = "webapp.polled_results.PolledRedis"
ONE_MORE_TRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
"""Of Celery's own twenty seconds others would be waiting for the web thread. What is not sent, the look after lost jobs sends."""


@cache
def queue() -> Celery:
    """A Celery app that only sends; the tasks themselves are not imported."""
    app = Celery("webapp.compute")
    settings = jobs.queue_settings(default_queue=jobs.WEB_QUEUE)
    settings["broker_transport_options"] |= ONE_MORE_TRY
    if settings["result_backend"].startswith(("redis://", "rediss://")):
        settings["result_backend"] = f"{POLLED}+{settings['result_backend']}"
    app.conf.update(
        settings,
        task_publish_retry_policy=ONE_MORE_TRY,
        result_backend_transport_options={"retry_policy": ONE_MORE_TRY},
    )
    return app


def submit(*, job: str, task_id: str, recipe: dict[str, Any], priority: int = jobs.ORDINARY) -> None:
    """Put the making of a recipe on the GPU queue; its outcome comes home on the web queue."""
    app = queue()
    app.send_task(
        jobs.MAKE,
        kwargs={"job": job, "recipe": recipe},
        task_id=task_id,
        queue=jobs.GPU_QUEUE,
        priority=priority,
        link=app.signature(jobs.JOB_FINISHED, queue=jobs.WEB_QUEUE),
        # Immutable and by id: the worker may have died, and with it all that it knew.
        link_error=app.signature(jobs.JOB_CRASHED, kwargs={"task_id": task_id}, queue=jobs.WEB_QUEUE, immutable=True),
    )


def look_after() -> None:
    """Ask the web worker to look after lost jobs; an unheard request is worth nothing a minute later."""
    queue().send_task(jobs.LOOK_AFTER, queue=jobs.WEB_QUEUE, expires=jobs.LOST_SECONDS)


def expire() -> None:
    """Ask the web worker to note the sessions whose time is over."""
    queue().send_task(jobs.EXPIRE, queue=jobs.WEB_QUEUE, expires=jobs.LOST_SECONDS)


def retain() -> None:
    """Ask the web worker to erase what studies keep no longer."""
    queue().send_task(jobs.RETAIN, queue=jobs.WEB_QUEUE, expires=jobs.LOST_SECONDS)


def analyze() -> None:
    """Ask the web worker to have studies analyzed whose sessions are newer than their results."""
    queue().send_task(jobs.ANALYZE, queue=jobs.WEB_QUEUE, expires=jobs.LOST_SECONDS)


def pay(payments: list[str]) -> None:
    """Ask the web worker to send approved payments, by their ids. A lost message sends nothing, a doubled one once."""
    queue().send_task(jobs.PAY, kwargs={"payments": payments}, queue=jobs.WEB_QUEUE)


def reconcile() -> None:
    """Ask the web worker to compare submissions and payments with the recruiters."""
    queue().send_task(jobs.RECONCILE, queue=jobs.WEB_QUEUE, expires=jobs.LOST_SECONDS)


def progress(task_id: str) -> jobs.Progress | None:
    """What a running task told last, or the tasks that it was divided into; None before its first beat and after its end."""
    # Looked up once: a task that returns between two looks would pass off its outcome as progress.
    told = queue().backend.get_task_meta(task_id)
    if told["status"] != "PROGRESS":
        return None
    own = jobs.Progress(**told["result"])
    return _of_parts(own) if own.parts else own


def _of_parts(divided: jobs.Progress) -> jobs.Progress:
    """The progress of a divided task: alive if a part beats or may still be waiting in the queue, unless one fell silent."""
    told = [queue().backend.get_task_meta(part) for part in divided.parts]
    ended = [datetime.fromisoformat(one["date_done"]).timestamp() for one in told if one["status"] in READY_STATES]
    beats = [one["result"]["beat_at"] for one in told if one["status"] == "PROGRESS"]
    # An older beat is of an attempt that was lost: its part waits again.
    beats = [beat for beat in beats if beat >= divided.beat_at]
    return replace(
        divided,
        done=len(ended),
        doing=f"{'training' if divided.stages else 'shard'} {min(len(ended) + 1, len(told))} of {len(told)}",
        beat_at=_beat_of_parts(divided.beat_at, beats=beats, ended=ended, waiting_parts=len(told) - len(ended) - len(beats)),
    )


def _beat_of_parts(divided_at: float, *, beats: Sequence[float], ended: Sequence[float], waiting_parts: int) -> float:
    """When a divided task was last known to be alive, in Unix time."""
    if beats and time.time() - min(beats) > jobs.LOST_SECONDS:
        return min(beats)
    may_wait = waiting_parts > 0 and waiting(jobs.GPU_QUEUE) > 0
    return time.time() if may_wait else max([divided_at, *ended, *beats])


def outcome(task_id: str) -> dict[str, Any] | None:
    """The outcome of a task that has returned, else None."""
    result = AsyncResult(task_id, app=queue())
    return result.result if result.state == "SUCCESS" else None


def crash(task_id: str) -> BaseException | None:
    """The exception with which a task ended, else None."""
    result = AsyncResult(task_id, app=queue())
    if result.state != "FAILURE":
        return None
    # A worker that died over a part of a divided task.
    return WorkerLostError(str(result.result)) if "WorkerLostError" in str(result.result) else result.result


def cancel(task_id: str) -> None:
    """Take a waiting task off the queue; a running one stops at the cancel mark in the artifact store."""
    queue().control.revoke(task_id)


def sweep() -> None:
    """Delete results that nobody asks for any more; Redis does so by itself."""
    queue().backend.cleanup()


def waiting(queue_name: str) -> int:
    """How many messages wait on a queue."""
    with queue().connection_for_read() as connection:
        try:
            return int(connection.default_channel.queue_declare(queue_name, passive=True).message_count)
        except connection.channel_errors:
            # Redis knows no empty queues: one without messages does not exist.
            return 0


def check_broker() -> None:
    """Raise what the broker's client raises if it cannot be reached at once."""
    with queue().connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, timeout=CHECK_SECONDS)


def check_results() -> None:
    """Raise what the result backend's client raises if it cannot be reached."""
    queue().backend.get(b"never-stored")
