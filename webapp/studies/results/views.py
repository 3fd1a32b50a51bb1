"""The page of a study's results."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from experiments import jobs
from experiments.heard import workers_heard
from webapp.stimuli.selectors import store
from webapp.studies.permissions import require_right, studies_seen
from webapp.studies.results.requests import study_result

REFRESH_SECONDS = 30
"""Between two looks of a page that waits for a result: long enough to read a table in."""


@staff_member_required
@require_GET
def results(request: HttpRequest, study_id: str) -> HttpResponse:
    """Accuracy by condition with intervals and a plot, and what it was computed from."""
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    require_right(request, "view")
    shown = study_result(study)
    is_still = "still" in request.GET
    context = {
        "study": study,
        "is_still": is_still,
        "refresh_seconds": REFRESH_SECONDS,
        "waits_for_nobody": shown["news"] and not workers_heard(store(), queue=jobs.GPU_QUEUE),
        **shown,
    }
    response = render(request, "studies/results.html", context)
    if shown["news"] and not is_still:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response
