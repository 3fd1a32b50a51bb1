"""What the participant's pages share: the language that they speak, a redirect, and the page that says a message."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from webapp.participants.texts import direction, texts, words_language


class SeeOther(HttpResponseRedirect):
    """Has the browser go on at another address, which it asks for by GET."""

    status_code = 303


def page_words(language: str) -> dict[str, Any]:
    """The context of a page in a language: its own words, in which language they are, and how it is written."""
    return {
        "language": language,
        "direction": direction(language),
        "texts": texts(language),
        "words_language": words_language(language),
    }


def message_page(
    request: HttpRequest, title: str, paragraphs: Sequence[str], *, status: int, language: str, link: str | None = None
) -> HttpResponse:
    """A page that says something, and leads on by a link to a recruiter if there is one."""
    context = {"title": title, "paragraphs": paragraphs, "link": link, **page_words(language)}
    return render(request, "participants/message.html", context, status=status)
