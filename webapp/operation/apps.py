"""Registers what listens to erasures."""

from django.apps import AppConfig


class OperationConfig(AppConfig):
    """The app."""

    name = "webapp.operation"

    def ready(self) -> None:
        """Listen, now that there are models."""
        from webapp.operation import erasures as erasures  # noqa: PLC0415 -- models exist only now
