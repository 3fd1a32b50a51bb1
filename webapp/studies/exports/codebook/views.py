"""The page of a study's codebook."""

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.stimuli.pages import page
from webapp.studies.exports.codebook.entries import codebook
from webapp.studies.permissions import RESPONSES, studies_seen


@staff_member_required
@require_GET
def codebook_page(request: HttpRequest, study_id: str) -> HttpResponse:
    """A table of all columns."""
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    if not request.user.has_perm(RESPONSES["read"].permission):
        raise PermissionDenied
    title = f"Codebook of {study.name}"
    return page(request, "studies/codebook.html", title, study=study, entries=codebook(study))
