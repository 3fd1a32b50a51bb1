"""The Celery app of the web worker: `celery -A webapp.celery_app worker -Q web`. Takes outcomes home; imports no torch."""

import os

import django
from celery import Celery
from celery.signals import worker_ready

from experiments import jobs
from webapp import compute

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

app = Celery("webapp", include=["webapp.participants.tasks", "webapp.stimuli.tasks", "webapp.studies.tasks"])
app.conf.update(jobs.queue_settings(default_queue=jobs.WEB_QUEUE))


@worker_ready.connect
def every_minute(sender: object, **_: object) -> None:
    """At the start and every minute: look after lost jobs, sessions, dates of erasure, analyses, and ask the recruiters."""

    def ask() -> None:
        compute.look_after()
        compute.expire()
        compute.retain()
        compute.analyze()
        compute.reconcile()

    ask()
    sender.timer.call_repeatedly(jobs.LOST_SECONDS, ask)  # type: ignore[attr-defined]  # sender is Celery's Consumer
