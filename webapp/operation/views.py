"""What machines ask a deployment: whether the process lives, whether all parts are there, how much there is of everything."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webapp.operation.health import Part, parts
from webapp.operation.latency import latencies
from webapp.operation.metrics import amounts
from webapp.rights import SEE_ALL


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answers while the process lives. Depends on nothing: a restart would not bring a lost database back."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """A line per part, 503 if one is down. Reasons, remedies and machines are for staff and whoever has the metrics' token."""
    found = parts()
    # Who is asking stands in the database.
    database_is_up = all(part.is_up for part in found if part.name == "database")
    is_known = _has_token(request) or (database_is_up and request.user.is_active and request.user.is_staff)
    lines = {part.name: _line(part, is_known=is_known) for part in found}
    is_ready = all(part.is_up for part in found)
    body = {"state": "ready" if is_ready else "not ready", "parts": lines}
    return JsonResponse(body, status=200 if is_ready else 503, json_dumps_params={"indent": 1})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics in Prometheus' text format, for whoever has their token or sees all studies; without a token there are none.

    They name studies, also those that not all staff may see.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    database_is_up = all(part.is_up for part in parts() if part.name == "database")
    if not _has_token(request) and not (database_is_up and request.user.has_perm(SEE_ALL)):
        return HttpResponse("A token is needed\n", status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
    body = generate_latest(amounts(parts(), database_is_up=database_is_up)) + generate_latest(latencies())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return bool(settings.METRICS_TOKEN) and scheme == "Bearer" and constant_time_compare(token, settings.METRICS_TOKEN)


def _line(part: Part, *, is_known: bool) -> dict[str, str]:
    line = {"state": "up" if part.is_up else "down"}
    if is_known:
        line |= {"message": part.message} | ({"remedy": part.remedy} if part.remedy else {})
    return line
