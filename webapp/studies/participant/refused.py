"""The page for a form whose CSRF token is missing or wrong, mostly since a browser keeps no cookies. The settings name it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError
from webapp.participants.texts import TEXTS, said, texts
from webapp.studies.participant.pages import message_page
from webapp.studies.participant.visits import offered_language

NO_COOKIES = InputError(
    field="cookie", message="your browser keeps no cookies for this page", remedy="Allow them and open the link again"
)
OUT_OF_DATE = InputError(field="page", message="this page is out of date", remedy="Open the link again")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page, in the language of the one before it; for programs, its JSON. Django logs the reason."""
    error = OUT_OF_DATE if settings.CSRF_COOKIE_NAME in request.COOKIES else NO_COOKIES
    if "text/html" not in request.headers.get("Accept", ""):
        return JsonResponse(error.as_json(), status=403)
    language = request.POST.get("language", "")
    if language not in TEXTS:
        language = offered_language(request, list(TEXTS))
    return message_page(request, texts(language)["sorry"], said(error, language), status=403, language=language)
