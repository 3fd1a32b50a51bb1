"""The Django app of training runs; it listens to the layer below for runs that are made."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, their claims, the networks that they registered."""

    name = "webapp.runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Connect the signal."""
        from webapp.runs import services  # noqa: F401, PLC0415 -- needs models
