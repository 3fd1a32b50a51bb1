"""The page on which researchers choose a file of responses and download it."""

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from experiments.contract.errors import InputError
from webapp.studies.exports.asking import selection_asked
from webapp.studies.exports.downloads import export_download
from webapp.studies.exports.forms import FOR_SPREADSHEETS, ExportForm
from webapp.studies.exports.rows import responses
from webapp.studies.permissions import PERSONAL_IDS, RESPONSES, studies_seen


@staff_member_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_page(request: HttpRequest, study_id: str) -> HttpResponseBase:
    """How many responses there are by these filters; a POST downloads them, so that no link to them is passed on."""
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    if not request.user.has_perm(RESPONSES["read"].permission):
        raise PermissionDenied
    sees_ids = request.user.has_perm(PERSONAL_IDS.permission)
    opened = {"file": FOR_SPREADSHEETS, **(request.GET.dict() or {"kind": "live"})}
    form = ExportForm(study, request.POST if request.method == "POST" else opened, sees_ids=sees_ids)
    rows = None
    if form.is_valid():
        try:
            if "download" in request.POST:
                return export_download(study, form.words(), user=request.user, sees_ids=sees_ids)
            rows = responses(study, selection_asked(study, form.words(), beside=("format",))).count()
        except InputError as error:
            form.add_error(None, f"{error.field}: {error.message}. {error.remedy}.")
    return render(request, "studies/export.html", {"study": study, "form": form, "rows": rows})
