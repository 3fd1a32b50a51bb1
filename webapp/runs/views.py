"""Pages of runs: start one, and one with its progress, its curves and what came of it. The list is the admin's."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from experiments import registry
from experiments.contract.errors import InputError
from webapp.runs.api import run_or_404
from webapp.runs.forms import RunForm
from webapp.runs.selectors import RunShown
from webapp.runs.services import run_continue, run_start
from webapp.runs.stages import stages_of
from webapp.stimuli.pages import NOTHING_DONE, for_researchers, page
from webapp.stimuli.permissions import require_right
from webapp.stimuli.services import job_cancel
from webapp.stimuli.templatetags.stimulus_words import sentence


@require_http_methods(["GET", "HEAD", "POST"])
@for_researchers("make")
def start(request: HttpRequest) -> HttpResponse:
    """Start a run; what cannot be is shown at its field."""
    form = RunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated  # noqa: S101 -- or the view were not reached
        return redirect("run", run_start(form.recipe, by=request.user).digest)
    return page(request, "runs/start.html", "Start a run", form=form, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_researchers("view")
def run(request: HttpRequest, digest: str) -> HttpResponse:
    """A run: how far it is, or what came of it; with the buttons that cancel it and let it go on."""
    found = run_or_404(digest)
    if request.method == "POST":
        require_right(request, "make")
        action = request.POST.get("action")
        if found.job and found.is_open and action == "cancel":
            job_cancel(found.job)
        elif not found.artifact and action == "continue":
            try:
                run_continue(found.run)
            except InputError as error:
                messages.error(request, f"It cannot go on. {sentence(error)}")
        else:
            messages.error(request, NOTHING_DONE)
        return redirect("run", digest)
    return page(request, "runs/run.html", f"Run {digest[:12]} of {found.run.paper}", **_context(found))


@require_safe
@for_researchers("view")
def state(request: HttpRequest, digest: str) -> HttpResponse:
    """What changes on a run's page, alone, for the script that looks again."""
    return render(request, "runs/state.html", _context(run_or_404(digest)))


def _context(found: RunShown) -> dict[str, Any]:
    papers = registry.experiments()
    return {
        "shown": found,
        "is_open": found.is_open,
        "paper": papers.get(found.run.paper),
        "stages": stages_of(found),
    }
