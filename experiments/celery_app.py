"""The Celery app of GPU workers: `celery -A experiments.celery_app worker -Q gpu`. Needs neither Django nor the database.

Reads BROKER_URL and RESULT_URL (or REDIS_URL for both), ARTIFACT_URL, DEVICE and THREADS from the environment.
"""

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready

from experiments import jobs, logs
from experiments import task_log as task_log
from experiments.contract.artifacts import ArtifactStore
from experiments.heard import keep_heard
from experiments.methods.threads import use_threads

app = Celery("experiments", include=["experiments.tasks"])
app.conf.update(jobs.queue_settings(default_queue=jobs.GPU_QUEUE))
setup_logging.connect(logs.configure)


@worker_process_init.connect
def set_threads(**_: object) -> None:
    """Give torch its share of the cores."""
    use_threads()


@worker_ready.connect
def begin(sender: object, **_: object) -> None:
    """Be heard of, and remove what killed workers left half-written."""
    store = ArtifactStore(jobs.artifact_url())
    keep_heard(sender, store, queue=jobs.GPU_QUEUE)
    store.sweep()
