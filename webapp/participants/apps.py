"""The Django app of participants and consent."""

from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    """Participants and consent."""

    name = "webapp.participants"
    verbose_name = "Participants"
