"""The public page on which a person erases their answers with the code from the thank-you page: look, confirm, gone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from experiments.contract.designs import LANGUAGES
from webapp.participants.erasure_texts import ErasureTexts, erasure_texts
from webapp.studies.erasure import Erasure, erasure_preview, sessions_erase, sessions_of_code
from webapp.studies.participant.visits import offered_language


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask for the code; say what it erases; on the second press, erase it."""
    language = offered_language(request, list(LANGUAGES))
    words = erasure_texts(language)
    context: dict[str, Any] = {"language": language, "words": words}
    code = request.POST.get("code", "")
    sessions = sessions_of_code(code)
    found = list(sessions)
    if request.method != "POST":
        return render(request, "participants/erase.html", context)
    if not found:
        return render(request, "participants/erase.html", {**context, "is_unknown": True}, status=404)
    if "confirm" in request.POST:
        return render(request, "participants/erase.html", {**context, "erased": sessions_erase(sessions)})
    return render(request, "participants/erase.html", {**context, "code": code, **_told(erasure_preview(found), words)})


def _told(preview: Erasure, words: ErasureTexts) -> dict[str, Any]:
    """What is said of a preview."""
    return {
        "preview": preview,
        "study": words["study"].format(", ".join(preview.studies)),
        "will_stay": words["will_stay"].format(preview.answers),
        "answers": words["answers"].format(preview.answers),
        "notes": words["notes"].format(preview.events),
    }
