"""What the web worker does about studies: thin tasks over services."""

from celery import shared_task
from django.utils import timezone

from experiments import jobs
from webapp.one_by_one import one_by_one
from webapp.studies.erasure import disk_forget
from webapp.studies.models import Study
from webapp.studies.preparation import studies_open
from webapp.studies.results.requests import analyses_sweep, results_request, tables_sweep
from webapp.studies.retention import retention_apply
from webapp.studies.services.session import sessions_expire


@shared_task(name=jobs.EXPIRE)
def expire() -> None:
    """Note the sessions whose time is over, and open the studies whose stimuli have come."""
    sessions_expire()
    studies_open()


@shared_task(name=jobs.RETAIN)
def retain() -> None:
    """Erase what studies keep no longer, and what an erasure could not take off the disk while somebody read."""
    retention_apply(now=timezone.now())
    disk_forget()


@shared_task(name=jobs.ANALYZE)
def analyze() -> None:
    """Have every study analyzed whose sessions are newer than its results; remove what no study needs."""
    analyses_sweep()
    tables_sweep()
    one_by_one(Study.objects.all(), results_request)
