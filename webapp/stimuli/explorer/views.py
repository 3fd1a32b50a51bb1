"""The explorer's pages: networks, layers, units; and the buttons that have stimuli made. Thin doors to the files beside it."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experiments.contract.errors import InputError
from model_zoo.catalogue import card
from model_zoo.weight_files import is_there
from webapp.stimuli.explorer.layer_page import layer_units
from webapp.stimuli.explorer.options import Options, options_form
from webapp.stimuli.explorer.parts import Part, parts_of
from webapp.stimuli.explorer.unit_page import maker_of, part_context, unit_context
from webapp.stimuli.explorer.units import UnitShown
from webapp.stimuli.models import Job
from webapp.stimuli.networks.facts import layers_of, networks
from webapp.stimuli.pages import NOTHING_DONE, View, for_researchers, page
from webapp.stimuli.permissions import require_right
from webapp.stimuli.services import artifact_request, job_cancel

LAYER_PARTS = ("exemplars", "visualization")


def front(request: HttpRequest, *, wanted: str = "", error: InputError | None = None, status: int = 200) -> HttpResponse:
    """All networks, and the field that leads to any unit by its address, with what was wrong about the last one."""
    rows = [(model, is_there(model)) for model in networks()]
    return page(request, "stimuli/explorer.html", "Units", status=status, rows=rows, error=error, wanted=wanted)


def told_in_front(view: View) -> View:
    """A unit, layer or network that does not exist is told above the list of those that do."""

    @wraps(view)
    def told(request: HttpRequest, model: str, *way: str, **named: Any) -> HttpResponse:
        try:
            return view(request, model, *way, **named)
        except InputError as error:
            return front(request, wanted=f"{model}/{':'.join(named.values())}", error=error, status=404)

    return told


@require_safe
@for_researchers("view")
def explorer(request: HttpRequest) -> HttpResponse:
    """The front page; an address that was typed leads to its unit."""
    wanted = request.GET.get("unit", "").strip()
    if not wanted:
        return front(request)
    try:
        return redirect(UnitShown.find(wanted).url)
    except InputError as error:
        return front(request, wanted=wanted, error=error, status=400)


@require_safe
@for_researchers("view")
@told_in_front
def network(request: HttpRequest, model: str) -> HttpResponse:
    """A network: its card and its layers."""
    found = card(model)
    # Units without pictures have no pages.
    layers = layers_of(found) if found.takes == "images" else []
    groups = (
        ("Layers that units are drawn from", [layer for layer in layers if layer.eligible]),
        ("Other layers", [layer for layer in layers if not layer.eligible and not layer.skipped]),
        ("Modules without addressable units", [layer for layer in layers if layer.skipped]),
    )
    facts: dict[str, Any] = {
        "model": found,
        "groups": groups,
        "weights_here": is_there(found),
        "made_by": maker_of(found.id),
    }
    return page(request, "stimuli/network.html", found.id, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@for_researchers("view")
@told_in_front
def layer(request: HttpRequest, model: str, layer: str) -> HttpResponse:
    """The units of a layer; the button has exemplars and visualizations of those on the page made."""
    first = UnitShown.find(f"{model}/{layer}:0")
    form = options_form(request.GET, model=first.model)
    units, cells = layer_units(first.model, first.address.layer, number=request.GET.get("page", "1"))
    if request.method == "POST":
        require_right(request, "make")
        return _make_all(request, [UnitShown.find(cell.address) for cell in cells], form.options())
    context: dict[str, Any] = {"layer": first, "units": units, "cells": cells, "form": form, "options": form.options()}
    context["under_way"] = Job.objects.filter(unit__in=[cell.address for cell in cells], state__in=Job.OPEN).count()
    return page(request, "stimuli/layer.html", f"{model}/{first.address.layer}", **context)


@require_safe
@for_researchers("view")
@told_in_front
def unit(request: HttpRequest, model: str, layer: str, channel: str) -> HttpResponse:
    """All that there is of a unit, and buttons for what there is not."""
    found = UnitShown.find(f"{model}/{layer}:{channel}")
    form = options_form(request.GET, model=found.model)
    return page(request, "stimuli/unit.html", str(found.address), **unit_context(found, form.options(), form=form))


@require_safe
@for_researchers("view")
@told_in_front
def unit_part(request: HttpRequest, model: str, layer: str, channel: str, name: str) -> HttpResponse:
    """One part of a unit's page alone, for the script that looks again while it is made."""
    found = UnitShown.find(f"{model}/{layer}:{channel}")
    options = options_form(request.GET, model=found.model).options()
    parts = parts_of(found, options, names=[name])
    if not parts:
        raise Http404
    return render(request, "stimuli/part.html", part_context(found, parts[0], options))


@require_POST
@for_researchers("make")
@told_in_front
def unit_act(request: HttpRequest, model: str, layer: str, channel: str) -> HttpResponse:
    """Have a part made, or all that are missing; or cancel one that is on its way."""
    found = UnitShown.find(f"{model}/{layer}:{channel}")
    options = options_form(request.GET, model=found.model).options()
    name = request.POST.get("part", "")
    acted = [_part_act(part, request.POST.get("action")) for part in parts_of(found, options, names=[name] if name else [])]
    if not any(acted):
        messages.error(request, NOTHING_DONE)
    return redirect(f"{found.url}{options.query}{f'#{name}' if name else ''}")


def _part_act(part: Part, action: str | None) -> bool:
    """Whether there was something to do."""
    if part.job and part.is_open and action == "cancel":
        job_cancel(part.job)
        return True
    if part.recipe and part.can_be_made and action == "make":
        artifact_request(part.recipe)
        return True
    return False


def _make_all(request: HttpRequest, units: list[UnitShown], options: Options) -> HttpResponse:
    parts = [part for unit in units for part in parts_of(unit, options, names=LAYER_PARTS)]
    wanted = [part.recipe for part in parts if part.recipe and part.can_be_made]
    for recipe in wanted:
        artifact_request(recipe)
    messages.success(
        request, f"{len(wanted)} sets of pictures of {len(units)} units were asked for; they appear as they are made."
    )
    return redirect(request.get_full_path())
