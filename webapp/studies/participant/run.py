"""The page on which the browser's program shows the trials."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from webapp.studies.models import Study
from webapp.studies.participant.api import cookie_name
from webapp.studies.participant.pages import page_words
from webapp.studies.selectors import session_by_token


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
