"""The JSON interface of a participant's browser, and of bots: plan in, answers out. The truth never passes through here."""

from typing import Any, ClassVar, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.api_errors import Conflict
from webapp.known_queries import KnownQuery
from webapp.negotiation import OneForm
from webapp.studies.answerable import trial_by_token
from webapp.studies.completion import completion_url
from webapp.studies.models import Session, Trial
from webapp.studies.participant.bodies import (
    AnswerSerializer,
    ConflictSerializer,
    FinishedSerializer,
    InstructionsSerializer,
    NothingSerializer,
    SavedSerializer,
    WithdrawnSerializer,
)
from webapp.studies.participant.images import image_served, trial_image_find
from webapp.studies.participant.plan_documented import PlanSerializer, PracticeJudgedSerializer
from webapp.studies.participant.session_plan import gives_feedback, practice_plan, session_plan
from webapp.studies.participant.throttles import AnswerThrottle, PlanThrottle
from webapp.studies.selectors import session_by_token
from webapp.studies.services.response import response_record
from webapp.studies.services.session import instructions_finish, practice_judge, session_finish, session_served
from webapp.studies.services.withdrawal import erasure_code_give, session_withdraw

KEPT_FOR_GOOD = "private, max-age=31536000, immutable"
MAX_BODY = 16 * 1024
TAB_HEADER = "X-Tab"
"""Carries the random id of the browser tab, made when its page was loaded."""
TAB_LENGTH = 36


def cookie_name(study_id: Any) -> str:
    """The cookie of a study; each study has its own, so that none is mistaken for another's."""
    return f"unitscope_{str(study_id).replace('-', '')}"


class SessionAuthentication(BaseAuthentication):
    """Finds the session by the study's cookie, and asks writes for the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Session, str]:
        """The session as `request.user`, the secret of its cookie as `request.auth`."""
        study_id = request.parser_context["kwargs"]["study_id"]
        token = request.COOKIES.get(cookie_name(study_id), "")
        session = request.parser_context["view"].session_find(study_id, token)
        if session is None:
            raise no_session()
        reason = _CsrfCheck(lambda _: HttpResponse()).process_view(request._request, lambda _: HttpResponse(), (), {})
        if reason:
            raise exceptions.PermissionDenied("The CSRF token is missing or wrong")
        return session, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing session a 401."""
        return "Cookie"


def no_session() -> exceptions.AuthenticationFailed:
    """What is said to a browser that has none, or none any more."""
    return exceptions.AuthenticationFailed("This browser has no session here")


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, which DRF views are exempt from, asked for its reason."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


class IsSession(BasePermission):
    """Whoever has a session may do what these views offer: they reach only its own trials."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True for a session."""
        return isinstance(request.user, Session)


class ParticipantApi(APIView):
    """What all views of this interface share."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsSession, KnownQuery)
    throttle_classes = (AnswerThrottle,)
    max_body = MAX_BODY
    remedies: ClassVar[dict[int, str]] = {
        401: "Open the study through the link that you were given, in this browser",
        403: "Reload the page",
        404: "Reload the page",
    }

    @property
    def session(self) -> Session:
        """Whose browser asks."""
        return cast(Session, self.request.user)

    @property
    def token(self) -> str:
        """The secret of its cookie."""
        return cast(str, self.request.auth)

    def handle_exception(self, exc: Exception) -> Response:
        """Whose session was erased while they asked has none."""
        return super().handle_exception(no_session() if isinstance(exc, Session.DoesNotExist) else exc)

    def session_find(self, study_id: Any, token: str) -> Session | None:
        """The session that the cookie's secret opens."""
        return session_by_token(study_id, token)


class SessionApi(ParticipantApi):
    """The plan."""

    throttle_classes = (PlanThrottle,)

    @extend_schema(responses={200: PlanSerializer})
    def get(self, request: Request, study_id: str) -> Response:
        """Everything the browser needs to go on, after any reload."""
        session_served(self.session, tab=request.headers.get(TAB_HEADER, "")[:TAB_LENGTH])
        return Response(session_plan(self.session), headers={"Cache-Control": "no-store"})


class InstructionsApi(ParticipantApi):
    """The end of the instructions."""

    @extend_schema(request=InstructionsSerializer, responses={204: None})
    def post(self, request: Request, study_id: str) -> Response:
        """Note it."""
        body = InstructionsSerializer.checked(request.data)
        instructions_finish(self.session, duration=body["duration"])
        return Response(status=204)


class AnswerApi(ParticipantApi):
    """The answer to a trial."""

    trial: Trial | None = None

    def session_find(self, study_id: Any, token: str) -> Session | None:
        """The session; where the trial is its own, both come in one read."""
        self.trial = trial_by_token(study_id, token, self.kwargs["trial_id"])
        return self.trial.session if self.trial else super().session_find(study_id, token)

    @extend_schema(request=AnswerSerializer, responses={200: SavedSerializer, 409: ConflictSerializer})
    def put(self, request: Request, study_id: str, trial_id: str) -> Response:
        """Store it once; sending it again is harmless."""
        session, trial = self.session, self.trial
        if trial is None:
            # A stranger's trial does not exist here.
            raise Http404
        body = AnswerSerializer.checked(request.data)
        elsewhere = session.tab not in ("", request.headers.get(TAB_HEADER, ""))
        try:
            response = response_record(session, trial, body)
        except Conflict as conflict:
            # Then the contradicting answer came from there, and this tab must not take the session over again unasked.
            conflict.body["elsewhere"] = elsewhere
            raise
        correct = response.correct if gives_feedback(session, trial) else None
        return Response({"saved": True, "correct": correct, "elsewhere": elsewhere})


class PracticeApi(ParticipantApi):
    """The end of an attempt at practice."""

    @extend_schema(request=NothingSerializer, responses={200: PracticeJudgedSerializer, 409: ConflictSerializer})
    def post(self, request: Request, study_id: str) -> Response:
        """Passed, or the trials to do next."""
        NothingSerializer.checked(request.data)
        if practice_judge(self.session):
            return Response({"passed": True})
        self.session.refresh_from_db()
        return Response({"passed": False, "practice": practice_plan(self.session)})


class FinishApi(ParticipantApi):
    """The end."""

    @extend_schema(request=NothingSerializer, responses={200: FinishedSerializer, 409: ConflictSerializer})
    def post(self, request: Request, study_id: str) -> Response:
        """The completion code, once every answer is here, where to hand it in, and the code that erases them."""
        NothingSerializer.checked(request.data)
        code = session_finish(self.session)
        erasure_code = erasure_code_give(self.session, token=self.token) if code else None
        self.session.refresh_from_db()
        return Response({"code": code, "url": completion_url(self.session), "erasure_code": erasure_code})


class WithdrawApi(ParticipantApi):
    """Second thoughts, at any time."""

    @extend_schema(request=NothingSerializer, responses={200: WithdrawnSerializer})
    def post(self, request: Request, study_id: str) -> Response:
        """The answers are not used; the code erases them."""
        NothingSerializer.checked(request.data)
        return Response({"withdrawn": True, "erasure_code": session_withdraw(self.session, token=self.token)})


class ImageApi(ParticipantApi):
    """An image of one of the session's own trials, under a name that tells nothing and that never means another image."""

    content_negotiation_class = OneForm

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY, 304: None})
    def get(self, request: Request, study_id: str, trial_id: str, sha256: str) -> HttpResponse:
        """A PNG, to be kept for good; all images of a study have the same size in bytes."""
        image = trial_image_find(self.session, trial_id, sha256)
        if image is None:
            raise Http404
        etag = f'"{sha256}"'
        response = get_conditional_response(request._request, etag=etag)
        if response is None:
            response = HttpResponse(image_served(image), content_type="image/png")
        response.headers["ETag"], response.headers["Cache-Control"] = etag, KEPT_FOR_GOOD
        return response
