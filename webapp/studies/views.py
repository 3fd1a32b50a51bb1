"""The pages of a participant: consent, then the study itself; and the result page of a researcher."""

from typing import Any
from uuid import uuid4

from django.contrib.admin.views.decorators import staff_member_required
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from experiments.contract.errors import InputError
from webapp import compute
from webapp.api_errors import Conflict
from webapp.participants.models import Participant
from webapp.participants.services import participant_enter
from webapp.studies.models import Session, Study
from webapp.studies.participant_api import cookie_name
from webapp.studies.results import has_news, study_result
from webapp.studies.selectors import session_by_token
from webapp.studies.services.session import session_start

# How a visitor may call themselves; nobody is counted as a person who says otherwise.
KINDS = {"": Participant.Kind.LIVE, "preview": Participant.Kind.PREVIEW, "bot": Participant.Kind.BOT}
DAMAGED = "This link is damaged. Open the study through the link that you were given."
COOKIE_SECONDS = 7 * 24 * 3600
VISITORS = TimestampSigner(salt="visitor")
VISIT_SECONDS = 24 * 3600


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, study_id: str) -> HttpResponse:
    """The consent page; agreeing starts the session, or goes on with it."""
    study = get_object_or_404(Study, id=study_id)
    if _session(request, study):
        return redirect("participant:run", study_id=study.id)
    if study.state != Study.State.OPEN:
        paragraphs = [
            "This study is not open at the moment.",
            "Please come back later, or write to the researcher who invited you.",
        ]
        return _message(request, study.title, paragraphs, status=404)
    if request.GET.get("kind", "") not in KINDS:
        return _message(request, study.title, [DAMAGED], status=400)
    if request.method == "POST":
        return _agreed(request, study)
    context = {
        "study_title": study.title,
        "consent": study.consent,
        "notice": study.notice,
        "external_id": request.GET.get("participant", ""),
        "visitor": VISITORS.sign(uuid4().hex),
        "kind": request.GET.get("kind", ""),
    }
    return render(request, "participants/consent.html", context)


def _agreed(request: HttpRequest, study: Study) -> HttpResponse:
    try:
        kind = KINDS[request.POST.get("kind", "")]
        external_id = request.POST.get("participant") or visitor_id(request.POST.get("visitor", ""))
        participant = participant_enter(external_id=external_id, kind=kind, consent=study.consent)
        observer = request.POST.get("observer", "")[:40] if kind == Participant.Kind.BOT else ""
        _, token = session_start(study, participant, observer=observer)
    except KeyError:
        return _message(request, study.title, [DAMAGED], status=400)
    except InputError as error:
        return _message(request, study.title, [f"Sorry: {error.message}.", f"{error.remedy}."], status=400)
    except Conflict as conflict:
        return _message(request, study.title, [f"Sorry: {conflict.body['message']}.", f"{conflict.body['remedy']}."], status=409)
    response = HttpResponseRedirect(reverse("participant:run", args=[study.id]))
    response.set_cookie(
        cookie_name(study.id),
        token,
        max_age=COOKIE_SECONDS,
        path=reverse("participant:entry", args=[study.id]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@ensure_csrf_cookie
@require_safe
def run(request: HttpRequest, study_id: str) -> HttpResponse:
    """The page on which the browser's program shows the trials."""
    study = get_object_or_404(Study, id=study_id)
    if not _session(request, study):
        return redirect("participant:entry", study_id=study.id)
    base = reverse("participant:entry", args=[study.id])
    return render(request, "participants/run.html", {"study_title": study.title, "base": base})


@staff_member_required
@require_GET
def results(request: HttpRequest, study_id: str) -> HttpResponse:
    """Accuracy by condition with intervals and a plot, and what it was computed from."""
    study = get_object_or_404(Study, id=study_id)
    if has_news(study):
        compute.analyze()
    context = {"study": study, **study_result(study)}
    return render(request, "studies/results.html", context)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for a wrong address; for programs, its JSON."""
    if request.path.startswith("/api/") or request.content_type == "application/json":
        missing = InputError(field="request", message="there is no such address", remedy="Check it against /api/v1/docs")
        return JsonResponse(missing.as_json(), status=404)
    paragraphs = ["There is no such page.", "Check the link that you were given."]
    return _message(request, "Not found", paragraphs, status=404)


def visitor_id(signed: str) -> str:
    """The id of somebody whom no recruiter sent: the one that their consent page was made with, however often it is sent.

    Raises:
        InputError: The page is not ours, or a day old.
    """
    try:
        return VISITORS.unsign(signed, max_age=VISIT_SECONDS)
    except BadSignature as error:
        remedy = "Open the study through its link again"
        raise InputError(field="visitor", message="this page is out of date", remedy=remedy) from error


def _session(request: HttpRequest, study: Study) -> Session | None:
    return session_by_token(study.id, request.COOKIES.get(cookie_name(study.id), ""))


def _message(request: HttpRequest, title: str, paragraphs: list[Any], *, status: int) -> HttpResponse:
    return render(request, "participants/message.html", {"title": title, "paragraphs": paragraphs}, status=status)
