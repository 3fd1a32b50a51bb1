"""Tells everybody to come back soon while database or queue are out of reach or full, instead of calling it a fault."""

import logging
from collections.abc import Callable, Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError
from webapp import compute
from webapp.participants.texts import TEXTS, texts
from webapp.studies.participant.pages import message_page
from webapp.studies.participant.visits import offered_language

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2
OUTAGES: Mapping[str, tuple[type[Exception], ...]] = {
    "database": (OperationalError, InterfaceError),
    "queue": compute.OUTAGES,
}


class OutageMiddleware:
    """A 503 with Retry-After: the same request may be sent again, whatever became of it. People get a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to an error of a connection; all others stay what they are."""
        part = next((part for part, errors in OUTAGES.items() if isinstance(error, errors)), None)
        if part is None:
            return None
        route = request.resolver_match.route if request.resolver_match else "no route"
        # psycopg, SQLite and Redis say in the first line what is amiss, and name no values.
        reason = str(error).strip().partition("\n")[0]
        log.error("%s %s: the %s fails (%s: %s)", request.method, route, part, type(error).__name__, reason)
        response = _answer(request, part)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


def _answer(request: HttpRequest, part: str) -> HttpResponse:
    # Browsers name it when they open a page; programs and scripts of pages accept anything, and read JSON.
    if "text/html" not in request.headers.get("Accept", ""):
        message, remedy = f"the {part} is out of reach or full", "Send the same request again in a moment"
        return JsonResponse(InputError(field="server", message=message, remedy=remedy).as_json(), status=503)
    language = offered_language(request, list(TEXTS))
    words = texts(language)
    return message_page(request, words["unavailable_title"], [words["unavailable"]], status=503, language=language)
