"""Tells everybody to come back soon while the database is out of reach, instead of calling it a fault of the program."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2
OUTAGE = InputError(field="server", message="the database is out of reach", remedy="Send the same request again in a moment")


class DatabaseOutageMiddleware:
    """A 503 with Retry-After; what was asked for has not been done, or may be asked for again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to an error of the connection; all others stay what they are."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        route = request.resolver_match.route if request.resolver_match else "no route"
        log.error("%s %s: the database is out of reach (%s)", request.method, route, type(error).__name__)
        return JsonResponse(OUTAGE.as_json(), status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
