"""The page for a wrong address."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError
from webapp.participants.texts import TEXTS, texts
from webapp.studies.participant.pages import message_page
from webapp.studies.participant.visits import offered_language


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for a wrong address; for programs, its JSON."""
    if request.path.startswith("/api/") or request.content_type == "application/json":
        missing = InputError(field="request", message="there is no such address", remedy="Check it against /api/v1/docs")
        return JsonResponse(missing.as_json(), status=404)
    language = offered_language(request, list(TEXTS))
    words = texts(language)
    return message_page(request, words["no_page_title"], [words["no_page"], words["check_link"]], status=404, language=language)
