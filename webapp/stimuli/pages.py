"""What pages share: the admin's frame around them, and who may open those of networks, units and circuits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from webapp.stimuli.permissions import require_right

View = Callable[..., HttpResponse]
NOTHING_DONE = "Nothing was done: what the button stands for cannot be done any more. The page shows how things are now."
"""What a page says to somebody who pressed one that was late, or that it never had."""


def for_researchers(right: Literal["view", "make"]) -> Callable[[View], View]:
    """Lets in staff who may `view` artifacts, or `make` them; others log in, or are told that they may not."""

    def decorated(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *way: Any, **named: Any) -> HttpResponse:
            require_right(request, right)
            return view(request, *way, **named)

        return staff_member_required(never_cache(checked))

    return decorated


def page(request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page in the admin's frame."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context}, status=status)
