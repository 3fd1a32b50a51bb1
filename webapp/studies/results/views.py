"""The page of a study's results."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from webapp.studies.permissions import require_right, studies_seen
from webapp.studies.results.requests import study_result


@staff_member_required
@require_GET
def results(request: HttpRequest, study_id: str) -> HttpResponse:
    """Accuracy by condition with intervals and a plot, and what it was computed from."""
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    require_right(request, "view")
    context = {"study": study, **study_result(study)}
    return render(request, "studies/results.html", context)
