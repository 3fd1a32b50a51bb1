"""Tells that a worker lives: each worker writes a mark into the artifact store every minute, which the web process looks at.

`python -m experiments.heard gpu@HOST` says whether that worker was heard of lately, for health checks; it loads no torch.
"""

import sys
import time
from typing import Any

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore

LATELY_SECONDS = 3 * jobs.LOST_SECONDS
"""A worker that is silent for longer is not there."""


def keep_heard(consumer: Any, store: ArtifactStore, *, queue: str) -> None:
    """Have a Celery worker be heard of from now on; called when it is ready, with Celery's Consumer."""

    def mark() -> None:
        store.mark_heard(queue, worker=consumer.hostname)

    # First of all: a mark that cannot be written now may be in a minute.
    consumer.timer.call_repeatedly(jobs.LOST_SECONDS, mark)
    mark()


def workers_heard(store: ArtifactStore, *, queue: str) -> dict[str, float]:
    """The workers of a queue that were heard of lately, and how many seconds ago each was."""
    now = time.time()
    ages = {worker: now - heard_at for worker, heard_at in store.heard(queue).items()}
    return {worker: max(0.0, age) for worker, age in ages.items() if age < LATELY_SECONDS}


def main(worker: str) -> int:
    """0 if the worker, such as `gpu@HOST`, was heard of lately."""
    store = ArtifactStore(jobs.artifact_url())
    return 0 if any(worker in workers_heard(store, queue=queue) for queue in (jobs.GPU_QUEUE, jobs.WEB_QUEUE)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
