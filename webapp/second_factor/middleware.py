"""Whoever has given a password and still owes the second factor is nobody on all pages but those of this app."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from webapp.second_factor.selectors import lacking


class SecondFactorMiddleware:
    """Comes after django-otp's. Pages, admin and REST by session ask `request.user`; tokens have users of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is read before somebody asks who it is: answers of participants never do."""
        by_password = request.user
        request.by_password = by_password  # type: ignore[attr-defined]  # this app's views read it
        request.user = SimpleLazyObject(partial(_let_in, by_password))  # type: ignore[assignment]  # it stands for a user
        return self.get_response(request)


def _let_in(user: Any) -> Any:
    return user if lacking(user) is None else AnonymousUser()
