"""The page of a study's results."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from webapp import compute
from webapp.studies.models import Study
from webapp.studies.results.requests import has_news, study_result


@staff_member_required
@require_GET
def results(request: HttpRequest, study_id: str) -> HttpResponse:
    """Accuracy by condition with intervals and a plot, and what it was computed from."""
    study = get_object_or_404(Study, id=study_id)
    if has_news(study):
        compute.analyze()
    context = {"study": study, **study_result(study)}
    return render(request, "studies/results.html", context)
