"""Requests to Prolific: what came of each is told by its exception, so that nothing is asked twice that may have been done."""

import re
from typing import Any

import httpx
from django.conf import settings

from webapp.participants.recruiters.base import NotDoneError, SilentError, UnclearError

TIMEOUT_SECONDS = 10.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
TRY_LATER = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.TOO_MANY_REQUESTS)
"""Nothing was done, and nothing is wrong with the request itself."""
MAYBE_DONE = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.CONFLICT)
IDS = re.compile(r"[0-9a-f]{24}")
MAX_DETAIL = 300


def read(path: str, **parameters: str | int) -> dict[str, Any]:
    """The JSON object at `path`. Nothing changes by asking, so nothing was done where no answer came."""
    try:
        return _json(_request("GET", path, params=parameters))
    except UnclearError as error:
        raise SilentError(str(error)) from error


def write(path: str, body: dict[str, Any], *, reads_answer: bool = True) -> dict[str, Any]:
    """Post JSON; the JSON object that is answered, if it is to be read."""
    response = _request("POST", path, json=body)
    return _json(response) if reads_answer else {}


def _request(method: str, path: str, **content: Any) -> httpx.Response:
    if not settings.PROLIFIC_TOKEN:
        raise SilentError("PROLIFIC_TOKEN is not set")
    headers = {"Authorization": f"Token {settings.PROLIFIC_TOKEN}"}
    url = f"{settings.PROLIFIC_URL.rstrip('/')}/{path}"
    try:
        response = httpx.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, **content)
    except NEVER_SENT as error:
        raise SilentError(f"Prolific cannot be reached ({type(error).__name__})") from error
    except httpx.HTTPError as error:
        raise UnclearError(f"Prolific did not answer ({type(error).__name__})") from error
    if response.is_success:
        return response
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or response.status_code in MAYBE_DONE:
        raise UnclearError(f"Prolific answered {response.status_code}")
    raise NotDoneError(
        f"Prolific refused with {response.status_code}{_detail(response)}", again=response.status_code in TRY_LATER
    )


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise UnclearError("Prolific answered something that is not JSON") from error
    if not isinstance(body, dict):
        raise UnclearError("Prolific answered JSON of another form")
    return body


def _detail(response: httpx.Response) -> str:
    """What an error says of itself, without ids of persons: it is stored."""
    try:
        error = response.json()["error"]
        detail = error.get("detail") or error.get("title")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f": {IDS.sub('<id>', str(detail))[:MAX_DETAIL]}" if detail else ""
