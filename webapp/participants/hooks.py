"""Notices that recruiters send by themselves. They only make us ask: what they say is not believed, and none is needed."""

import base64
import hashlib
import hmac
import json
import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.participants.models import HookDelivery, Recruitment, Submission
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import NotDoneError
from webapp.participants.submissions import submission_update

log = logging.getLogger(__name__)

MAX_BODY = 16 * 1024
WINDOW_SECONDS = 300
"""A notice that was signed longer ago, or that much later, is not taken."""
KEPT = timedelta(hours=1)
"""Longer than a signature is good for."""
STATUS_CHANGE = "submission.status.change"


@csrf_exempt
@require_POST
def prolific(request: HttpRequest) -> JsonResponse:
    """A notice of Prolific (https://docs.prolific.com/api-reference/webhooks/receiving).

    One that cannot be followed up now is answered 503: Prolific sends it again, and the minute's comparison finds out anyway.
    """
    if not settings.PROLIFIC_WEBHOOK_SECRET:
        raise Http404
    try:
        signature = _checked_signature(request)
    except InputError as error:
        return JsonResponse(error.as_json(), status=403)
    try:
        notice = _notice(request)
        delivery = hashlib.sha256(signature.encode()).hexdigest()
        is_known = HookDelivery.objects.filter(signature_sha256=delivery).exists()
        # Outside a transaction, which would hold up all writers on SQLite while Prolific is silent; two copies may both ask.
        if not is_known and notice.get("event_type") == STATUS_CHANGE:
            _follow_up(str(notice.get("resource_id", "")))
        _, is_new = HookDelivery.objects.get_or_create(signature_sha256=delivery)
    except InputError as error:
        return JsonResponse(error.as_json(), status=400)
    except NotDoneError as error:
        log.warning("a notice of Prolific could not be followed up: %s", error)
        silent = InputError(field="prolific", message="Prolific does not answer", remedy="Send the notice again later")
        return JsonResponse(silent.as_json(), status=503)
    HookDelivery.objects.filter(received_at__lt=timezone.now() - KEPT).delete()
    return JsonResponse({"taken": is_new})


def _checked_signature(request: HttpRequest) -> str:
    """The signature of a notice (https://docs.prolific.com/api-reference/webhooks/verifying).

    Raises:
        InputError: It is not Prolific's, or not of now.
    """
    remedy = "Sign timestamp and body with the secret of the subscription"
    stamp, signature = (request.headers.get(f"X-Prolific-Request-{name}", "") for name in ("Timestamp", "Signature"))
    require(len(request.body) <= MAX_BODY, "body", f"it is larger than {MAX_BODY} bytes", "Send a notice")
    right = hmac.new(settings.PROLIFIC_WEBHOOK_SECRET.encode(), stamp.encode() + request.body, "sha256").digest()
    is_right = hmac.compare_digest(base64.b64encode(right), signature.encode())
    require(is_right, "X-Prolific-Request-Signature", "it does not fit the body", remedy)
    # Checked after the signature: a stranger learns nothing of the window.
    is_now = stamp.isascii() and stamp.isdigit() and abs(int(stamp) - time.time()) <= WINDOW_SECONDS
    require(is_now, "X-Prolific-Request-Timestamp", "it is not the time of now", "Set the clock")
    return signature


def _notice(request: HttpRequest) -> dict[str, Any]:
    try:
        notice = json.loads(request.body)
    except (ValueError, RecursionError):
        notice = None
    require(isinstance(notice, dict), "body", "it is not a JSON object", "Send a notice")
    checked: dict[str, Any] = notice
    return checked


def _follow_up(external_id: str) -> None:
    """Ask how a submission stands; notices of others than ours are none of our business."""
    prolific_ones = Submission.objects.filter(recruitment__recruiter=Recruitment.Recruiter.PROLIFIC)
    for submission in prolific_ones.filter(external_id=external_id).select_related("recruitment").exclude(external_id=""):
        submission_update(submission, recruiter_of(submission.recruitment).submission(external_id))
