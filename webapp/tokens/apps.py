"""The Django app of tokens."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Tokens."""

    name = "webapp.tokens"
    verbose_name = "REST tokens"

    def ready(self) -> None:
        """Let the OpenAPI document know how tokens and cookies let in; nothing else imports it in time."""
        from webapp import openapi  # noqa: F401, PLC0415 -- needs settings
