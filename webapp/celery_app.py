"""The Celery app of the web worker: `celery -A webapp.celery_app worker -Q web`. Takes outcomes home; imports no torch."""

import os

import django
from celery import Celery
from celery.signals import setup_logging, worker_ready

from experiments import jobs, logs
from experiments import task_log as task_log
from experiments.contract.artifacts import ArtifactStore
from experiments.heard import keep_heard
from webapp import compute

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

app = Celery("webapp", include=["webapp.participants.tasks", "webapp.stimuli.tasks", "webapp.studies.tasks"])
app.conf.update(jobs.queue_settings(default_queue=jobs.WEB_QUEUE))
setup_logging.connect(logs.configure)


@worker_ready.connect
def every_minute(sender: object, **_: object) -> None:
    """Be heard of; at the start and every minute look after jobs, sessions, dates of erasure, results, what recruiters know."""

    def ask() -> None:
        compute.look_after()
        compute.expire()
        compute.retain()
        compute.analyze()
        compute.reconcile()

    # First of all: what cannot be asked or marked now, on a full disk say, may be in a minute.
    sender.timer.call_repeatedly(jobs.LOST_SECONDS, ask)  # type: ignore[attr-defined]  # sender is Celery's Consumer
    keep_heard(sender, ArtifactStore(jobs.artifact_url()), queue=jobs.WEB_QUEUE)
    ask()
