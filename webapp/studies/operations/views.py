"""The page on which researchers watch and steer a running study."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from experiments.contract.errors import InputError
from webapp.rights import seen_by
from webapp.stimuli.pages import NOTHING_DONE
from webapp.studies.models import Condition, Study
from webapp.studies.operations.progress import GROUPS, REFRESH_SECONDS, study_operations
from webapp.studies.operations.resources import queue_shown, strangers_shown, study_cost
from webapp.studies.permissions import require_right
from webapp.studies.selectors import studies_run_here
from webapp.studies.services.study_state import condition_pause, condition_resume, study_close, study_pause, study_resume

STUDY_ACTIONS: dict[str, Callable[[Study], Study]] = {"pause": study_pause, "resume": study_resume, "close": study_close}
CONDITION_ACTIONS: dict[str, Callable[[Condition], None]] = {"pause": condition_pause, "resume": condition_resume}
SILENT_MINUTES = (5, 15, 60)


@staff_member_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def operations(request: HttpRequest, study_id: str) -> HttpResponse:
    """Who is where, what fails, what is free; with the buttons that pause, resume and close. It looks again by itself."""
    seen = seen_by(request.user, studies_run_here(), study="")
    study = get_object_or_404(seen.select_related("recruitment"), id=study_id)
    require_right(request, "view")
    if request.method == "POST":
        require_right(request, "change")
        _act(request, study)
        return redirect(request.get_full_path())
    # As REST and exports call it, too.
    asked = request.GET.get("group"), request.GET.get("kind")
    group = next(
        (name for name, (kind, _) in GROUPS.items() if name == asked[0] or (not asked[0] and kind == asked[1])), "people"
    )
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
        "strangers": strangers_shown(study, user=request.user, asks="strangers" in request.GET),
        "queue": queue_shown(),
        **study_operations(study, group=group, silent_minutes=minutes),
    }
    response = render(request, "studies/operations.html", context)
    if "still" not in request.GET:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _act(request: HttpRequest, study: Study) -> None:
    """Do what a button asks for."""
    action: Any = request.POST.get("action", "")
    condition = request.POST.get("condition", "")
    try:
        if condition and action in CONDITION_ACTIONS:
            CONDITION_ACTIONS[action](get_object_or_404(study.conditions, name=condition))
        elif not condition and action in STUDY_ACTIONS:
            STUDY_ACTIONS[action](study)
        else:
            messages.error(request, NOTHING_DONE)
    except InputError as error:
        messages.error(request, f"{error.message}. {error.remedy}.")
