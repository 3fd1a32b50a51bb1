"""The page of a study's codebook."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.stimuli.pages import page
from webapp.studies.exports.codebook.entries import codebook
from webapp.studies.models import Study
from webapp.studies.permissions import require_right


@staff_member_required
@require_GET
def codebook_page(request: HttpRequest, study_id: str) -> HttpResponse:
    """A table of all columns."""
    require_right(request, "view")
    study = get_object_or_404(Study, id=study_id)
    title = f"Codebook of {study.name}"
    return page(request, "studies/codebook.html", title, study=study, entries=codebook(study))
