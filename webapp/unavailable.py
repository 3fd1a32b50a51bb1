"""What is answered while the database can store nothing: its disk is full, it is down, or it is busy. The settings name it."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from webapp.participants.texts import TEXTS, texts
from webapp.studies.participant.pages import message_page
from webapp.studies.participant.visits import offered_language

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5
ERROR = {
    "field": "server",
    "message": "nothing can be stored at the moment, and nothing was",
    "remedy": "Send it again in a moment; participants' pages do so by themselves",
}


class UnavailableMiddleware:
    """A 503 instead of a fault, so that browsers and clients keep what they have and send it again; to people, a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to what the database could not do; other faults stay faults."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        # The operator's line: psycopg and SQLite say what is amiss, and name no values.
        logger.error("The database failed: %s", str(error).strip().partition("\n")[0])
        response = _answer(request)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    if not request.accepts("text/html") or request.content_type == "application/json":
        return JsonResponse(ERROR, status=503)
    language = offered_language(request, list(TEXTS))
    words = texts(language)
    return message_page(request, words["unavailable_title"], [words["unavailable"]], status=503, language=language)
