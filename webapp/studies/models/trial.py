"""A trial is laid down before it is shown; a response answers it."""

import uuid

from django.db import models

from webapp.studies.models.session import Session
from webapp.studies.models.study import Unit


class Trial(models.Model):
    """One trial of a session, completely laid down before it is shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trials")
    kind = models.CharField(max_length=10, help_text="example, practice, main, catch, repeat or rating")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Attempt at practice, from 1; 0 elsewhere")
    position = models.PositiveSmallIntegerField()
    block = models.PositiveSmallIntegerField(default=0)
    condition = models.CharField(max_length=40, help_text="The session's, but where conditions change within a session")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, help_text="None where the study asks about images")
    batch = models.PositiveSmallIntegerField()
    images = models.JSONField(help_text="Place on the screen to id of the study's image")
    correct_choice = models.CharField(max_length=10, blank=True, help_text="Never sent to the browser before the answer")
    repeat_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="repeats")
    about = models.JSONField(default=dict, help_text="What the export tells of it: relative difference, baselines")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "attempt", "kind", "position"], name="one_trial_per_position"),)

    def __str__(self) -> str:
        return str(self.id)[:8]


class Response(models.Model):
    """The answer to a trial; written once, never changed. The meaning of each field: `contract.tables`.

    What measures the timing may be missing in imported studies alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="response")
    key = models.UUIDField(help_text="Made by the browser; the same when an answer is sent again")
    choice = models.CharField(max_length=10, blank=True)
    correct = models.BooleanField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True)
    rating = models.SmallIntegerField(null=True)
    rt = models.FloatField(null=True, help_text="ms")
    flags = models.CharField(max_length=100, blank=True, help_text="What is odd about it, separated by spaces")
    input = models.CharField(max_length=10, blank=True)
    onset = models.FloatField(null=True, help_text="ms")
    second_frame = models.FloatField(null=True, help_text="ms")
    event_time = models.FloatField(null=True, help_text="ms")
    handler_time = models.FloatField(null=True, help_text="ms")
    refresh_interval = models.FloatField(null=True, help_text="ms")
    dropped_frames = models.PositiveIntegerField(null=True)
    focus_losses = models.PositiveIntegerField(null=True)
    viewport_width = models.PositiveIntegerField(null=True, help_text="px")
    viewport_height = models.PositiveIntegerField(null=True, help_text="px")
    cross_origin_isolated = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="When the server stored it")

    def __str__(self) -> str:
        return str(self.id)[:8]
