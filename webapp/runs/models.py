"""TrainingRun: a paper's experiment that somebody started; its claims, and the networks that it put into the zoo.

Where a run stands follows from its job and its artifact, which have its digest.
"""

from typing import get_args

from django.contrib.auth.models import User
from django.db import models

from experiments.contract.fields import as_typed
from experiments.contract.recipes.runs import Preset


class TrainingRun(models.Model):
    """A run that somebody started; started again it stays the same one, since its recipe does."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="sha256 of the recipe")
    paper = models.CharField(max_length=60)
    preset = models.CharField(max_length=10, choices=[(preset, preset) for preset in get_args(Preset)])
    seed = models.BigIntegerField()
    settings = models.JSONField(help_text="Changes of the preset")
    started_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Nobody: the command line",
    )
    started_at = models.DateTimeField(auto_now_add=True)
    stages = models.JSONField(default=list, help_text="Digests of the trainings it had come to when it failed or was cancelled")

    class Meta:
        verbose_name = "run"
        indexes = (models.Index(fields=["paper"]),)

    def __str__(self) -> str:
        return f"{self.paper} {self.preset} {self.digest[:12]}"

    @property
    def changes(self) -> list[str]:
        """The settings as they are typed, `key=value`."""
        return [f"{name}={as_typed(value)}" for name, value in self.settings.items()]


class RunClaim(models.Model):
    """A claim of the paper as the run judged it."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="claims")
    position = models.PositiveSmallIntegerField(help_text="In the paper's order")
    name = models.CharField(max_length=100)
    statement = models.TextField()
    reported = models.TextField()
    source = models.TextField()
    value = models.TextField(blank=True, help_text="Ours; empty where the run has no data for it")
    holds = models.BooleanField(null=True, help_text="Nothing where it was not judged")

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["run", "name"], name="one_verdict_per_run_and_claim"),)

    def __str__(self) -> str:
        return self.statement


class RegisteredModel(models.Model):
    """A network that a run trained or changed, in the zoo."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="models")
    model = models.CharField(max_length=40, help_text="Its id, local.<first 12 digits of its artifact's digest>")
    title = models.CharField(max_length=200)
    takes_images = models.BooleanField(help_text="Its units have pictures, and can be put before people")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["run", "model"], name="one_row_per_run_and_model"),)

    def __str__(self) -> str:
        return self.model
