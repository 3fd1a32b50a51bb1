"""TrainingRun: a paper's experiment that somebody started; its claims, and the networks that it put into the zoo.

Where a run stands follows from its job and its artifact, which have its digest.
"""

from typing import get_args

from django.contrib.auth.models import User
from django.db import models

from experiments.contract.fields import as_typed
from experiments.contract.recipes.runs import Preset
from webapp.participants.data import Data


class TrainingRun(models.Model):
    """A run that somebody started; started again it stays the same one, since its recipe does."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="sha256 of the recipe")
    paper = models.CharField(max_length=60, help_text="Slug of the paper")
    preset = models.CharField(
        max_length=10, choices=[(preset, preset) for preset in get_args(Preset)], help_text="How large it is"
    )
    seed = models.BigIntegerField(help_text="Fixes every random choice")
    settings = models.JSONField(help_text="Changes of the preset")
    started_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Nobody: the command line",
    )
    started_at = models.DateTimeField(auto_now_add=True, help_text="When it was first asked for")
    stages = models.JSONField(default=list, help_text="Digests of the trainings it had come to when it failed or was cancelled")

    DATA = Data(
        purpose="Who had which training run",
        kept="For good",
        erasure="Nothing",
        none="digest paper preset seed settings started_at stages",
        personal="started_by",
    )

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

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="claims", help_text="Which run judged it")
    position = models.PositiveSmallIntegerField(help_text="In the paper's order")
    name = models.CharField(max_length=100, help_text="Its id in the paper's folder")
    statement = models.TextField(help_text="What the paper claims")
    reported = models.TextField(help_text="The figure in the paper")
    source = models.TextField(help_text="Where in the paper it stands")
    value = models.TextField(blank=True, help_text="Ours; empty where the run has no data for it")
    holds = models.BooleanField(null=True, help_text="Nothing where it was not judged")

    DATA = Data(
        purpose="What a run found",
        kept="As long as the run",
        erasure="Nothing",
        none="run position name statement reported source value holds",
    )

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["run", "name"], name="one_verdict_per_run_and_claim"),)

    def __str__(self) -> str:
        return self.statement


class RegisteredModel(models.Model):
    """A network that a run trained or changed, in the zoo."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="models", help_text="Which run made it")
    model = models.CharField(max_length=40, help_text="Its id, local.<first 12 digits of its artifact's digest>")
    title = models.CharField(max_length=200, help_text="What people call it")
    takes_images = models.BooleanField(help_text="Its units have pictures, and can be put before people")

    DATA = Data(
        purpose="Which networks of the zoo a run made",
        kept="As long as the run",
        erasure="Nothing",
        none="run model title takes_images",
    )

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["run", "model"], name="one_row_per_run_and_model"),)

    def __str__(self) -> str:
        return self.model
