"""The only place that talks to the queue: submit, look, cancel. Services call it; results come home as tasks.

Progress and outcomes lie in the result backend under the Celery task's id.
"""

from functools import cache
from typing import Any

from celery import Celery
from celery.result import AsyncResult

from experiments import jobs


@cache
def queue() -> Celery:
    """A Celery app that only sends; the tasks themselves are not imported."""
    app = Celery("webapp.compute")
    app.conf.update(jobs.queue_settings(default_queue=jobs.WEB_QUEUE))
    return app


def submit(*, job: str, task_id: str, recipe: dict[str, Any], urgent: bool = False) -> None:
    """Put the making of a recipe on the GPU queue; its outcome comes home on the web queue."""
    app = queue()
    app.send_task(
        jobs.MAKE,
        kwargs={"job": job, "recipe": recipe},
        task_id=task_id,
        queue=jobs.GPU_QUEUE,
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
    """What a running task told last; None before its first beat and after its end."""
    # Looked up once: a task that returns between two looks would pass off its outcome as progress.
    told = queue().backend.get_task_meta(task_id)
    return jobs.Progress(**told["result"]) if told["status"] == "PROGRESS" else None


def outcome(task_id: str) -> dict[str, Any] | None:
    """The outcome of a task that has returned, else None."""
    result = AsyncResult(task_id, app=queue())
    return result.result if result.state == "SUCCESS" else None


def crash(task_id: str) -> BaseException | None:
    """The exception with which a task ended, else None."""
    result = AsyncResult(task_id, app=queue())
    return result.result if result.state == "FAILURE" else None


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
