"""The WSGI application that gunicorn serves."""

import os
from functools import partial
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from webapp.timed_body import TimedBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Django, for clients who send and read: others would keep a thread, and an export its moment of the database, for good."""
    if connection := environ.get("gunicorn.socket"):
        connection.settimeout(settings.STALLED_SECONDS)
        if environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = TimedBody(environ["wsgi.input"], connection, seconds=settings.STALLED_SECONDS)
    return _django(environ, partial(_answer, start_response))


def _answer(start_response: Any, status: str, *more: Any) -> Any:
    """Begin the answer. A body that was too large was not read: no other request can follow on its connection."""
    response = getattr(start_response, "__self__", None)
    if response and status.startswith("413") and hasattr(response, "force_close"):
        # gunicorn's; it sends `Connection: close`. A header of that name, set by Django, it would drop.
        response.force_close()
    return start_response(status, *more)
