"""The Django app of artifacts and jobs."""

from django.apps import AppConfig


class StimuliConfig(AppConfig):
    """Artifacts and jobs."""

    name = "webapp.stimuli"
    verbose_name = "Stimuli"
