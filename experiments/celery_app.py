"""The Celery app of GPU workers: `celery -A experiments.celery_app worker -Q gpu`. Needs neither Django nor the database.

Reads BROKER_URL and RESULT_URL (or REDIS_URL for both), ARTIFACT_URL, DEVICE and THREADS from the environment.
"""

import os

import torch
from celery import Celery
from celery.signals import worker_process_init

from experiments import jobs

app = Celery("experiments", include=["experiments.tasks"])
app.conf.update(jobs.queue_settings(default_queue=jobs.GPU_QUEUE))


@worker_process_init.connect
def set_threads(**_: object) -> None:
    """Give torch its share of the cores; two processes with all cores each crowd a machine."""
    torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count() or 1)))
