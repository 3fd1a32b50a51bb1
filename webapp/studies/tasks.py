"""What the web worker does about studies: thin tasks over services."""

from celery import shared_task

from experiments import jobs
from webapp.studies.models import Study
from webapp.studies.results import results_request


@shared_task(name=jobs.ANALYZE)
def study_analyze(*, study: str) -> None:
    """Sessions came in: have the study analyzed as it stands."""
    results_request(Study.objects.get(id=study))
