"""The Django app of studies; it listens to the layers below for what is made and submissions that were returned."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Studies, sessions, trials, responses."""

    name = "webapp.studies"
    verbose_name = "Studies"

    def ready(self) -> None:
        """Connect the signals, and show the admin the pages that do not stand in `admin`, where alone it looks."""
        from webapp.studies import preparation, returns, session_admin, trial_admin  # noqa: F401, PLC0415 -- needs models
        from webapp.studies.quality import admin  # noqa: F401, PLC0415 -- needs models
        from webapp.studies.results import requests  # noqa: F401, PLC0415 -- needs models
