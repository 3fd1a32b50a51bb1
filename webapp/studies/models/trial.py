"""A trial is laid down before it is shown; a response answers it."""

import uuid

from django.db import models

from webapp.participants.data import Data
from webapp.studies.models.session import Session
from webapp.studies.models.study import Unit


class Trial(models.Model):
    """One trial of a session, completely laid down before it is shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trials", help_text="Of which session")
    kind = models.CharField(max_length=10, help_text="example, practice, main, catch, repeat or rating")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Attempt at practice, from 1; 0 elsewhere")
    position = models.PositiveSmallIntegerField(help_text="Place in the plan, or in its attempt at practice, from 0")
    block = models.PositiveSmallIntegerField(default=0, help_text="Number of the block, from 0")
    condition = models.CharField(max_length=40, help_text="The session's, but where conditions change within a session")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, help_text="None where the study asks about images")
    batch = models.PositiveSmallIntegerField(help_text="Which batch of stimuli, from 0")
    images = models.JSONField(help_text="Place on the screen to id of the study's image")
    correct_choice = models.CharField(max_length=10, blank=True, help_text="Never sent to the browser before the answer")
    repeat_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="repeats", help_text="The trial that is asked again"
    )
    about = models.JSONField(default=dict, help_text="What the export tells of it: relative difference, baselines")

    DATA = Data(
        purpose="Research: what a participant was shown",
        kept="As long as the session",
        erasure="Deleted, or kept with the answers without a person",
        none="unit batch images correct_choice about",
        pseudonymous="id session kind attempt position block condition repeat_of",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "attempt", "kind", "position"], name="one_trial_per_position"),)

    def __str__(self) -> str:
        return str(self.id)[:8]


class Response(models.Model):
    """The answer to a trial; written once, never changed. The meaning of each field: `contract.tables`.

    What measures the timing may be missing in imported studies alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="response", help_text="What it answers")
    key = models.UUIDField(help_text="Made by the browser; the same when an answer is sent again")
    choice = models.CharField(max_length=10, blank=True, help_text="The chosen place or label; empty for a rating")
    correct = models.BooleanField(null=True, help_text="Whether it is the right choice; none for a rating")
    confidence = models.PositiveSmallIntegerField(null=True, help_text="1 low to 3 high")
    rating = models.SmallIntegerField(null=True, help_text="-100 to 100; none for a choice")
    rt = models.FloatField(null=True, help_text="ms from the first painted frame to the input event")
    flags = models.CharField(max_length=100, blank=True, help_text="What is odd about it, separated by spaces")
    input = models.CharField(max_length=10, blank=True, help_text="mouse, touch, pen or keyboard")
    onset = models.FloatField(null=True, help_text="ms: the frame in which the images were first painted")
    second_frame = models.FloatField(null=True, help_text="ms: the frame after the onset")
    event_time = models.FloatField(null=True, help_text="ms: time stamp of the input event")
    handler_time = models.FloatField(null=True, help_text="ms: when the page handled the event")
    refresh_interval = models.FloatField(null=True, help_text="ms between frames, to 0.1 ms")
    dropped_frames = models.PositiveIntegerField(null=True, help_text="Frames missing between onset and answer")
    focus_losses = models.PositiveIntegerField(null=True, help_text="How often the page was hidden or lost the focus")
    viewport_width = models.PositiveIntegerField(null=True, help_text="px, to 10 px")
    viewport_height = models.PositiveIntegerField(null=True, help_text="px, to 10 px")
    cross_origin_isolated = models.BooleanField(null=True, help_text="Whether the browser's clock was the finer one")
    answered_at = models.DateTimeField(null=True, help_text="When the server stored it")

    DATA = Data(
        purpose="Research: what a participant answered, how fast, and whether the timing can be trusted",
        kept="As long as the session",
        erasure="Deleted, or kept without a person, with times counted from the study's making",
        seen_by="`studies.view_response`; whoever may export",
        pseudonymous="id trial key choice correct confidence rating rt flags input onset second_frame event_time handler_time "
        "refresh_interval dropped_frames focus_losses viewport_width viewport_height cross_origin_isolated answered_at",
    )

    def __str__(self) -> str:
        return str(self.id)[:8]
