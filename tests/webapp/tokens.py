"""Tokens for tests, and clients that send them."""

from collections.abc import Collection

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from webapp.tokens.models import Scope
from webapp.tokens.services import token_create


def token_of(user: User, scopes: Collection[str] = Scope.values) -> str:
    """A token of a staff user, of all scopes unless told otherwise."""
    return token_create(user, name="test", scopes=scopes, days=1)


def client_of(user: User, scopes: Collection[str] = Scope.values) -> APIClient:
    """A program of a staff user, which sends a token."""
    return APIClient(headers={"Authorization": f"Token {token_of(user, scopes)}"})
