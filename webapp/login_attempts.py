"""Failed logins, as django-axes counts them, without what it would keep of a person: no address, no browser."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class LoginAttempts(AxesDatabaseHandler):
    """Counts by name and hash of the address (`addresses.address_of_nobody`)."""

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **named: Any) -> None:
        """Count it."""
        if request is not None:
            request.axes_user_agent = request.axes_http_accept = ""
        super().user_login_failed(sender, credentials, request, **named)


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """The page that says that a name is locked from here, and what to do; the same for programs."""
    context = {"failures": settings.AXES_FAILURE_LIMIT, "hours": settings.AXES_COOLOFF_TIME}
    page = render(request, "admin/locked.html", context, status=429)
    page.headers["Retry-After"] = str(settings.AXES_COOLOFF_TIME * 3600)
    return page
