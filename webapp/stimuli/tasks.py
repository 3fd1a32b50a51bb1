"""What the web worker does about jobs: four lines each over a service."""

from typing import Any

from celery import shared_task

from experiments import jobs
from webapp.stimuli import services


@shared_task(name=jobs.JOB_FINISHED)
def job_finished(outcome: dict[str, Any]) -> None:
    """A GPU worker's outcome comes home."""
    services.job_end(outcome)


@shared_task(name=jobs.JOB_CRASHED)
def job_crashed(*, task_id: str) -> None:
    """A GPU worker's task raised or died."""
    services.job_crash(task_id)


@shared_task(name=jobs.LOOK_AFTER)
def look_after() -> None:
    """The minute's look after lost jobs and lost copies of models."""
    services.jobs_look_after()
    services.models_bring()
