"""The pages on which researchers watch and steer a running study, and set its quality rules."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from experiments.contract.errors import InputError
from webapp.studies.models import Condition, Study
from webapp.studies.operations import GROUPS, study_operations
from webapp.studies.quality_forms import RulesForm
from webapp.studies.resources import queue_shown, study_cost
from webapp.studies.selectors import quality_versions
from webapp.studies.services.quality import rule_set_create, rule_set_newest, study_judge
from webapp.studies.services.study_state import condition_pause, condition_resume, study_close, study_pause, study_resume

STUDY_ACTIONS: dict[str, Callable[[Study], Study]] = {"pause": study_pause, "resume": study_resume, "close": study_close}
CONDITION_ACTIONS: dict[str, Callable[[Condition], None]] = {"pause": condition_pause, "resume": condition_resume}
OURS = Study.objects.exclude(state=Study.State.IMPORTED)
"""What was run elsewhere is neither steered nor judged here."""
SILENT_MINUTES = (5, 15, 60)
REFRESH_SECONDS = 10


@staff_member_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def operations(request: HttpRequest, study_id: str) -> HttpResponse:
    """Who is where, what fails, what is free; with the buttons that pause, resume and close. It looks again by itself."""
    study = get_object_or_404(OURS.select_related("recruitment"), id=study_id)
    if request.method == "POST":
        _require_change(request)
        _act(request, study)
        return redirect(request.get_full_path())
    group = next((name for name in GROUPS if name == request.GET.get("group")), "people")
    minutes = next((number for number in SILENT_MINUTES if str(number) == request.GET.get("minutes")), SILENT_MINUTES[0])
    context = {
        "study": study,
        "group": group,
        "groups": GROUPS,
        "silent_minutes": minutes,
        "all_minutes": SILENT_MINUTES,
        "refresh_seconds": REFRESH_SECONDS,
        "is_still": "still" in request.GET,
        "now": timezone.now(),
        "may_change": request.user.has_perm("studies.change_study"),
        "cost": study_cost(study),
        "queue": queue_shown(),
        **study_operations(study, group=group, silent_minutes=minutes),
    }
    response = render(request, "studies/operations.html", context)
    if "still" not in request.GET:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@staff_member_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quality(request: HttpRequest, study_id: str) -> HttpResponse:
    """The thresholds of a study's rules, all versions of them, and what they say; saving makes a new version."""
    study = get_object_or_404(OURS, id=study_id)
    rule_set = rule_set_newest(study)
    form = RulesForm(study, rule_set.rules, request.POST if "save" in request.POST else None)
    if request.method == "POST":
        _require_change(request)
        if not form.is_bound or _rules_saved(study, form):
            messages.success(request, f"{study_judge(study)} finished sessions were judged by the newest rules.")
            return redirect("quality", study_id=study.id)
    context = {"study": study, "rule_set": rule_set, "form": form, "versions": quality_versions(study)}
    return render(request, "studies/quality.html", context)


def _rules_saved(study: Study, form: RulesForm) -> bool:
    """Whether what was typed became the newest version; if not, the form says why."""
    if form.is_valid():
        try:
            rule_set_create(study, form.rules())
        except InputError as error:
            form.add_error(None, f"{error.field}: {error.message}. {error.remedy}.")
    return form.is_valid()


def _act(request: HttpRequest, study: Study) -> None:
    """Do what a button asks for."""
    action: Any = request.POST.get("action", "")
    condition = request.POST.get("condition", "")
    try:
        if condition and action in CONDITION_ACTIONS:
            CONDITION_ACTIONS[action](get_object_or_404(study.conditions, name=condition))
        elif action in STUDY_ACTIONS:
            STUDY_ACTIONS[action](study)
    except InputError as error:
        messages.error(request, f"{error.message}. {error.remedy}.")


def _require_change(request: HttpRequest) -> None:
    if not request.user.has_perm("studies.change_study"):
        raise PermissionDenied
