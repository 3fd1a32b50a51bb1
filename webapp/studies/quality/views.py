"""The page on which researchers set a study's quality rules."""

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from experiments.contract.errors import InputError
from webapp.rights import seen_by
from webapp.studies.models import Study
from webapp.studies.permissions import require_right
from webapp.studies.quality.forms import RulesForm
from webapp.studies.selectors import quality_versions, studies_run_here
from webapp.studies.services.quality import rule_set_create, rule_set_newest, study_judge


@staff_member_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quality(request: HttpRequest, study_id: str) -> HttpResponse:
    """The thresholds of a study's rules, all versions of them, and what they say; saving makes a new version."""
    study = get_object_or_404(seen_by(request.user, studies_run_here(), study=""), id=study_id)
    require_right(request, "view")
    rule_set = rule_set_newest(study)
    form = RulesForm(study, rule_set.rules, request.POST if "save" in request.POST else None)
    if request.method == "POST":
        require_right(request, "change")
        if not form.is_bound or _rules_saved(study, form):
            messages.success(request, f"{study_judge(study)} finished sessions were judged by the newest rules.")
            return redirect("quality", study_id=study.id)
    context = {
        "study": study,
        "rule_set": rule_set,
        "form": form,
        "versions": quality_versions(study),
        "may_change": request.user.has_perm("studies.change_study"),
    }
    return render(request, "studies/quality.html", context)


def _rules_saved(study: Study, form: RulesForm) -> bool:
    """Whether what was typed became the newest version; if not, the form says why."""
    if form.is_valid():
        try:
            rule_set_create(study, form.rules())
        except InputError as error:
            form.add_error(None, f"{error.field}: {error.message}. {error.remedy}.")
    return form.is_valid()
