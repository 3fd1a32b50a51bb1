"""The Django app of studies; it listens to the layers below for stimuli that are ready and submissions that were returned."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Studies, sessions, trials, responses."""

    name = "webapp.studies"
    verbose_name = "Studies"

    def ready(self) -> None:
        """Connect the signals."""
        from webapp.studies import preparation, returns  # noqa: F401, PLC0415 -- models exist only once the apps are loaded
