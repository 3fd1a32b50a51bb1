"""The Django app of the second factor."""

from django.apps import AppConfig


class SecondFactorConfig(AppConfig):
    """The second factor."""

    name = "webapp.second_factor"
    verbose_name = "Second factor"
