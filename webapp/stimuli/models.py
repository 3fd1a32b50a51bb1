"""Artifact: what was made. Job: the making of it; this table is the truth, the queue only a hint."""

import uuid

from django.db import models
from django.db.models import Q

from experiments import jobs
from experiments.contract.artifacts import Manifest
from experiments.contract.recipes import Analysis
from webapp.participants.data import Data


class Artifact(models.Model):
    """An artifact of the store, as its manifest describes it."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="sha256 of the recipe")
    kind = models.CharField(max_length=40, help_text="What was made, such as exemplars or an analysis")
    unit = models.CharField(max_length=200, blank=True, help_text="Address of the unit, where the recipe has one")
    manifest = models.JSONField(help_text="Recipe, files, numbers, parents, provenance")
    stored_at = models.DateTimeField(auto_now_add=True, help_text="When it came home")

    DATA = Data(
        purpose="What was made, from what, by which recipe; analyses among it, which are made from answers",
        kept="For good; analyses of a study until it is analyzed anew",
        erasure="All analyses of the study are deleted, with their tables and figures",
        none="digest kind unit stored_at",
        pseudonymous="manifest",
    )

    class Meta:
        indexes = (models.Index(fields=["unit"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"

    @property
    def words(self) -> str:
        """Its kind as people say it."""
        return self.kind.replace("_", " ")

    def read_manifest(self) -> Manifest:
        """The manifest as a dataclass."""
        return Manifest.from_json(self.manifest)


class Job(models.Model):
    """One request to make a recipe: from QUEUED over STARTED to FINISHED, FAILED or CANCELLED."""

    class State(models.TextChoices):
        """Where a job stands."""

        QUEUED = "queued"
        STARTED = "started"
        FINISHED = "finished"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (State.QUEUED, State.STARTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    digest = models.CharField(max_length=64, help_text="Digest of the recipe, and of the artifact to come")
    kind = models.CharField(max_length=40, help_text="What is to be made")
    unit = models.CharField(max_length=200, blank=True, help_text="Address of the unit, where the recipe has one")
    recipe = models.JSONField(help_text="What is to be made, completely described")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED, help_text="How it stands")
    error = models.JSONField(null=True, blank=True, help_text="Field, message and remedy of a failed job")
    urgent = models.BooleanField(default=False, help_text="A study about to open waits for it: it comes before all others")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was put on the queue")
    task_id = models.UUIDField(default=uuid.uuid4, help_text="Celery task of the latest attempt")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was asked for")
    queued_at = models.DateTimeField(null=True, blank=True, help_text="When it was last put on the queue")
    started_at = models.DateTimeField(null=True, blank=True, help_text="When a worker took it")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it finished, failed or was cancelled")

    DATA = Data(
        purpose="Who makes what, and what became of it",
        kept="For good",
        erasure="Jobs of analyses that run are cancelled; the sha256 of an analyzed table stays and leads to nothing",
        none="id digest kind unit recipe state error urgent attempts task_id created_at queued_at started_at ended_at",
    )

    class Meta:
        indexes = (models.Index(fields=["state"]), models.Index(fields=["task_id"]))
        constraints = (
            # The same recipe asked twice is made once.
            models.UniqueConstraint(
                fields=["digest"], condition=Q(state__in=["queued", "started"]), name="one_open_job_per_digest"
            ),
        )

    @property
    def priority(self) -> int:
        """Its place on the queue."""
        if self.kind == Analysis.kind:
            return jobs.ANALYSES
        return jobs.URGENT if self.urgent else jobs.ORDINARY

    def __str__(self) -> str:
        return f"{self.kind} {self.unit or self.digest[:12]} ({self.state})"
