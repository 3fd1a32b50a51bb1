"""Turns every error of the JSON interfaces into `{field, message, remedy}` with a fitting status. DRF calls it."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from experiments.contract.errors import InputError

REMEDIES = {
    status.HTTP_401_UNAUTHORIZED: "Send a valid, unexpired token: `Authorization: Token …`",
    status.HTTP_403_FORBIDDEN: "Ask an administrator for the right to do this",
    status.HTTP_404_NOT_FOUND: "Check the address",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Use a method that the API's documentation names",
    status.HTTP_406_NOT_ACCEPTABLE: "Accept `application/json`",
    status.HTTP_408_REQUEST_TIMEOUT: "Send it again",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "Send less",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "Send JSON with `Content-Type: application/json`",
    status.HTTP_429_TOO_MANY_REQUESTS: "Wait a moment and try again",
}

FIELDS = {
    status.HTTP_401_UNAUTHORIZED: "token",
    status.HTTP_408_REQUEST_TIMEOUT: "body",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "body",
}


class Conflict(Exception):  # noqa: N818 -- named after the status it becomes
    """The request contradicts what is stored; nothing was changed. Becomes a 409 whose body is `error` and `more`."""

    def __init__(self, error: InputError, **more: Any) -> None:
        super().__init__(str(error))
        self.body = {**error.as_json(), **more}


class BodyTooLarge(exceptions.APIException):
    """The body is larger than anything that is asked for."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class BodyBrokenOff(exceptions.APIException):
    """The body did not arrive, or not in time."""

    status_code = status.HTTP_408_REQUEST_TIMEOUT
    default_detail = "The rest of it did not arrive in time"


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an exception in an API view; None lets it become a 500."""
    if isinstance(error, InputError):
        return Response(error.as_json(), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, Conflict):
        return Response(error.body, status=status.HTTP_409_CONFLICT)
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge(str(error))
    elif isinstance(error, UnreadablePostError):
        error = BodyBrokenOff()
    elif isinstance(error, UnicodeError):
        error = exceptions.ParseError("The request is not valid text")
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        remedies = {**REMEDIES, **getattr(context["view"], "remedies", {})}
        response.data = _body(error, response.status_code, remedies)
    return response


def _body(error: exceptions.APIException, code: int, remedies: dict[int, str]) -> dict[str, str]:
    if isinstance(error, exceptions.ValidationError):
        field, message = _first(error.detail)
        return {"field": field, "message": message, "remedy": "Correct this field and send the request again"}
    field = FIELDS.get(code, "request")
    return {"field": field, "message": str(error.detail).rstrip("."), "remedy": remedies.get(code, "Correct the request")}


def _first(detail: Any, field: str = "body") -> tuple[str, str]:
    """The first field at fault and what is wrong with it."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        return _first(inner, "body" if name == "non_field_errors" else str(name))
    if isinstance(detail, list):
        return _first(detail[0], field)
    return field, str(detail).rstrip(".")
