"""The builder's pages, below the admin's list of studies: choose a design, build, start, preview, copy."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experiments import registry
from experiments.contract.designs import LANGUAGES
from experiments.contract.errors import InputError
from webapp.api_errors import Conflict
from webapp.participants.recruitments import recruitment_change, recruitment_create
from webapp.stimuli.pages import page
from webapp.studies.assignment import study_models
from webapp.studies.builder.forecast import Forecast, plan_forecast
from webapp.studies.builder.forms import PaperForm
from webapp.studies.builder.plan_forms import PlanForms
from webapp.studies.builder.preview import session_preview
from webapp.studies.models import Study
from webapp.studies.permissions import require_right, studies_seen
from webapp.studies.selectors import study_settings
from webapp.studies.services.study import study_copy, study_draft, study_redraft, study_start, study_version


@require_http_methods(["GET", "HEAD", "POST"])
def choose_paper(request: HttpRequest) -> HttpResponse:
    """Whose design the new study follows. Units that were chosen in the explorer stand in the query string."""
    require_right(request, "add")
    form = PaperForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(reverse("admin:studies_study_build", args=[form.cleaned_data["paper"]]) + chosen)
    return page(request, "studies/builder_paper.html", "New study", form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def build_new(request: HttpRequest, paper: str) -> HttpResponse:
    """A new study of a design."""
    require_right(request, "add")
    try:
        registry.design(paper)
    except InputError as error:
        raise Http404 from error
    return build(request, paper, None)


@require_http_methods(["GET", "HEAD", "POST"])
def build_again(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Change a study that nobody has begun; of one in which somebody took part, a new version is offered."""
    require_right(request, "change")
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    if study.is_frozen or study.state == Study.State.IMPORTED:
        messages.error(
            request,
            "People have taken part in this study, so that its design stays as it is. Make a new version and change that.",
        )
        return redirect("admin:studies_study_change", study.id)
    return build(request, study.paper, study)


def build(request: HttpRequest, paper: str, study: Study | None) -> HttpResponse:
    """The page on which everything is decided; nothing is stored before a button says so."""
    design = registry.design(paper)
    data = request.POST if request.method == "POST" else None
    forms = PlanForms.of(design, data=data, study=study, units=request.GET.getlist("unit"))
    forecast: Forecast | None = None
    if request.method == "POST" and forms.are_valid():
        try:
            if "predict" in request.POST:
                forecast = plan_forecast(forms.plan(paper), recruitment=forms.recruitment_values(), assumptions=forms.assumptions)
            else:
                saved = save(forms, paper, study)
                if study is None:
                    saved.researchers.add(cast(User, request.user))
                if "start" in request.POST:
                    study_start(saved)
                messages.success(request, f"{saved.name} is {saved.state}.")
                return redirect("admin:studies_study_change", saved.id)
        except InputError as error:
            forms.refuse(error)
        except Conflict as conflict:
            forms.study.add_error(None, f"{conflict.body['message']}. {conflict.body['remedy']}.")
    title = f"Change {study.name}" if study else f"New study: {design.TITLE}"
    status = 200 if forecast or request.method != "POST" else 400
    context = {"forms": forms, "forecast": forecast, "design": design, "study": study}
    return page(request, "studies/builder.html", title, status=status, **context)


@transaction.atomic
def save(forms: PlanForms, paper: str, study: Study | None) -> Study:
    """Store what the forms mean."""
    known = study.recruitment if study else None
    values = forms.recruitment_values()
    recruitment = recruitment_change(known, **values) if known else recruitment_create(**values)
    plan = forms.plan(paper)
    if study is None:
        return study_draft(plan, consent=forms.consent, recruitment=recruitment)
    return study_redraft(study, plan, consent=forms.consent, recruitment=recruitment)


@require_POST
def start(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Request the stimuli of a draft."""
    require_right(request, "change")
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    try:
        messages.success(request, f"{study.name} is {study_start(study).state}; it opens when its stimuli are there.")
    except InputError as error:
        messages.error(request, f"{error.message}. {error.remedy}.")
    return redirect("admin:studies_study_change", study.id)


@require_POST
def copy(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """A clone or a new version, as a draft to be changed."""
    require_right(request, "add")
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    try:
        copied = study_version(study) if "version" in request.POST else study_copy(study, name=request.POST.get("name", ""))
    except InputError as error:
        messages.error(request, f"{error.field}: {error.message}. {error.remedy}.")
        return redirect("admin:studies_study_change", study.id)
    copied.researchers.set([*study.researchers.all(), cast(User, request.user)])
    messages.success(request, f"{copied.name} is a draft with the plan of {study.name}.")
    return redirect("admin:studies_study_rebuild", copied.id)


@require_safe
def preview(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Any trial of any session, as it would be laid down."""
    require_right(request, "view")
    study = get_object_or_404(studies_seen(request.user), id=study_id)
    conditions, models = [condition.name for condition in study.conditions.order_by("id")], study_models(study)
    chosen = {
        "condition": request.GET.get("condition", conditions[0]),
        "model": request.GET.get("model", models[0]),
        "language": request.GET.get("language", study.languages[0]),
        "task": request.GET.get("task", "0"),
        "seed": request.GET.get("seed", "1"),
    }
    error, trials = None, []
    try:
        numbers = {name: whole_number(name, chosen[name]) for name in ("task", "seed")}
        trials = session_preview(
            study,
            condition=chosen["condition"],
            model=chosen["model"],
            task_index=numbers["task"],
            seed=numbers["seed"],
            language=chosen["language"],
        )
    except InputError as refused:
        error = refused
    shown = {"conditions": conditions, "models": models, "languages": LANGUAGES, "tasks": study_settings(study).tasks}
    context = {"study": study, "chosen": chosen, "trials": trials, "error": error, **shown}
    return page(request, "studies/preview.html", f"Trials of {study.name}", status=400 if error else 200, **context)


def whole_number(field: str, text: str) -> int:
    """A number that somebody typed.

    Raises:
        InputError: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InputError(field=field, message=f"{text!r} is no whole number", remedy="Give 0 or more")
    return int(text)
