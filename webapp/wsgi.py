"""The WSGI application that gunicorn serves."""

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Django, for clients who read: one who stops would keep a thread, and an export its moment of the database, for good."""
    if connection := environ.get("gunicorn.socket"):
        connection.settimeout(settings.STALLED_SECONDS)
    return _django(environ, start_response)
