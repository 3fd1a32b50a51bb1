"""The Django app of tokens."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Tokens."""

    name = "webapp.tokens"
    verbose_name = "REST tokens"
