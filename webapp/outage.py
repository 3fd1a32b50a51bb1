"""Tells everybody to come back soon while database or queue are out of reach, instead of calling it a fault of the program."""

import logging
from collections.abc import Callable, Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError
from webapp import compute

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2
OUTAGES: Mapping[str, tuple[type[Exception], ...]] = {
    "database": (OperationalError, InterfaceError),
    "queue": compute.OUTAGES,
}


class OutageMiddleware:
    """A 503 with Retry-After: the same request may be sent again, whatever became of it."""

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
        log.error("%s %s: the %s is out of reach (%s)", request.method, route, part, type(error).__name__)
        message, remedy = f"the {part} is out of reach", "Send the same request again in a moment"
        told = InputError(field="server", message=message, remedy=remedy)
        return JsonResponse(told.as_json(), status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
