"""Pages of circuits: the list, one with its progress and its report; and the order from a unit's page."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experiments.contract.errors import InputError
from model_zoo.address import UnitAddress
from webapp.stimuli.circuits.api import circuit_recipe
from webapp.stimuli.circuits.forms import CircuitForm
from webapp.stimuli.circuits.report import report_figures, report_rows
from webapp.stimuli.circuits.selectors import CircuitShown, circuit_shown, circuits_ordered, circuits_shown
from webapp.stimuli.explorer.options import options_form
from webapp.stimuli.explorer.unit_page import unit_context
from webapp.stimuli.explorer.units import UnitShown, unit_url
from webapp.stimuli.explorer.views import told_in_front
from webapp.stimuli.models import Job
from webapp.stimuli.pages import NOTHING_DONE, for_researchers, page
from webapp.stimuli.permissions import require_right
from webapp.stimuli.services import artifact_request, job_cancel, job_retry
from webapp.stimuli.templatetags.stimulus_words import sentence


@require_safe
@for_researchers("view")
def circuits(request: HttpRequest) -> HttpResponse:
    """All circuits, newest first."""
    digests = [row["digest"] for row in circuits_ordered()]
    return page(request, "stimuli/circuits.html", "Circuits", circuits=circuits_shown(digests))


@require_http_methods(["GET", "HEAD", "POST"])
@for_researchers("view")
def circuit(request: HttpRequest, digest: str) -> HttpResponse:
    """A circuit: how far it is, or its report; with the buttons that cancel it and order it again."""
    found = _circuit_or_404(digest)
    if request.method == "POST":
        require_right(request, "make")
        action = request.POST.get("action")
        if found.job and found.job.state in Job.OPEN and action == "cancel":
            job_cancel(found.job)
        elif found.job and action == "again":
            try:
                job_retry(found.job)
            except InputError as error:
                messages.error(request, f"It cannot be ordered again. {sentence(error)}")
        else:
            messages.error(request, NOTHING_DONE)
        return redirect("circuit", digest)
    return page(request, "stimuli/circuit.html", f"Circuit {digest[:12]}", **_context(found))


@require_safe
@for_researchers("view")
def state(request: HttpRequest, digest: str) -> HttpResponse:
    """What changes on a circuit's page, alone, for the script that looks again."""
    return render(request, "stimuli/circuit_state.html", _context(_circuit_or_404(digest)))


@require_POST
@for_researchers("make")
@told_in_front
def order(request: HttpRequest, model: str, layer: str, channel: str) -> HttpResponse:
    """Have a unit fooled; an order that cannot be is shown on the unit's page with what is wrong."""
    unit, form = UnitShown.find(f"{model}/{layer}:{channel}"), CircuitForm(request.POST)
    options = options_form(request.GET, model=unit.model)
    if form.is_valid():
        try:
            recipe = circuit_recipe({"unit": str(unit.address), "aggregation": unit.aggregation, **form.body()})
            artifact_request(recipe)
        except InputError as error:
            form.refuse(error)
        else:
            return redirect("circuit", recipe.digest)
    context = unit_context(unit, options.options(), form=options, circuit_form=form)
    return page(request, "stimuli/unit.html", str(unit.address), status=400, **context)


def _context(found: CircuitShown) -> dict[str, Any]:
    address, artifact = UnitAddress.parse(found.recipe["unit"]), found.artifact
    return {
        "circuit": found,
        "is_open": found.state in Job.OPEN,
        "unit_url": unit_url(address),
        "fooled_url": unit_url(replace(address, model=found.model)) if found.model else "",
        "rows": report_rows(artifact) if artifact else [],
        "figures": report_figures(artifact) if artifact else [],
    }


def _circuit_or_404(digest: str) -> CircuitShown:
    found = circuit_shown(digest)
    if found is None:
        raise Http404
    return found
