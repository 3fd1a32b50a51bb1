"""The page on which a participant does the study, the result page of a researcher, and the page for a wrong address."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_safe

from experiments.contract.errors import InputError
from webapp import compute
from webapp.participants.texts import TEXTS, texts
from webapp.studies.models import Study
from webapp.studies.pages import message_page, page_words
from webapp.studies.participant_api import cookie_name
from webapp.studies.results import has_news, study_result
from webapp.studies.selectors import session_by_token
from webapp.studies.visits import offered_language


@never_cache
@ensure_csrf_cookie
@require_safe
def run(request: HttpRequest, study_id: str) -> HttpResponse:
    """The page on which the browser's program shows the trials."""
    study = get_object_or_404(Study, id=study_id)
    session = session_by_token(study.id, request.COOKIES.get(cookie_name(study.id), ""))
    if session is None:
        return redirect("participant:entry", study_id=study.id)
    base = reverse("participant:entry", args=[study.id])
    context = {"study_title": study.title, "base": base, **page_words(session.language)}
    return render(request, "participants/run.html", context)


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
    language = offered_language(request, list(TEXTS))
    words = texts(language)
    return message_page(request, words["no_page_title"], [words["no_page"], words["check_link"]], status=404, language=language)
