"""The pages for wrong addresses, requests that cannot be read, what somebody may not do, and faults. Named by `webapp.urls`."""

from collections.abc import Sequence
from typing import Literal

from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.contract.errors import InputError
from webapp.participants.texts import TEXTS, texts
from webapp.studies.participant.pages import message_page
from webapp.studies.participant.visits import offered_language

Title = Literal["sorry", "no_page_title"]
Word = Literal["unreadable", "forbidden", "no_page", "check_link", "fault"]
MISSING = ("there is no such address", "Check it against /api/v1/docs")
UNREADABLE = ("it cannot be read", "Send less, to the address that you were given")
FORBIDDEN = ("you may not do this", "Ask an administrator for the right to do this")
FAULT = ("the server made a mistake", "Try again; if it happens again, tell who runs the server: its log says more")


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A body that is too large, or a foreign host."""
    return _answer(request, 400, title="sorry", words=["unreadable"], program=UNREADABLE)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Staff without the right; people whose form is refused get a page of their own."""
    return _answer(request, 403, title="sorry", words=["forbidden"], program=FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A wrong address."""
    return _answer(request, 404, title="no_page_title", words=["no_page", "check_link"], program=MISSING)


def fault(request: HttpRequest) -> HttpResponse:
    """An error that nobody foresaw; the log has it. Nothing is read from the database, which may be at fault."""
    return _answer(request, 500, title="sorry", words=["fault"], program=FAULT)


def _answer(request: HttpRequest, status: int, *, title: Title, words: Sequence[Word], program: tuple[str, str]) -> HttpResponse:
    """A page of the house; for programs, message and remedy as JSON."""
    asks_for_json = "application/json" in (request.content_type, request.headers.get("Accept"))
    if request.path.startswith("/api/") or asks_for_json:
        message, remedy = program
        return JsonResponse(InputError(field="request", message=message, remedy=remedy).as_json(), status=status)
    language = offered_language(request, list(TEXTS))
    said = texts(language)
    return message_page(request, said[title], [said[word] for word in words], status=status, language=language)
