"""One line in the log and one observation in the metrics for each request: the view's name, never an address or a person."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

from webapp.operation.latency import observe

log = logging.getLogger(__name__)
QUIET = {"health", "ready", "metrics"}
"""Asked for every few seconds, by machines."""


class RequestMiddleware:
    """Gives each request a random id, which all its lines carry and whoever asked is told. Times end when a stream begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then say what was asked for and how long it took."""
        request_id, started = secrets.token_hex(8), time.perf_counter()
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            view = request.resolver_match.view_name if request.resolver_match else "none"
            observe(view, response.status_code, seconds)
            if view not in QUIET:
                about = {"view": view, "method": request.method, "status": response.status_code, "ms": round(1000 * seconds, 1)}
                log.info("request", extra=about)
        response.headers["X-Request-ID"] = request_id
        return response
