"""A session is one participant's way through a study, with what happened on it."""

import uuid

from django.db import models
from django.utils import timezone

from webapp.participants.models import Participant
from webapp.studies.models.study import Condition, Study


class Session(models.Model):
    """One participant's way through a study."""

    class State(models.TextChoices):
        """RUNNING until the server holds every required answer.

        EXPIRED: the lease is over; the task goes to somebody else, and whoever comes back may still finish.
        RETURNED: given back at the recruiter. WITHDRAWN: the person wants their answers not used.
        """

        RUNNING = "running"
        FINISHED = "finished"
        EXPIRED = "expired"
        RETURNED = "returned"
        WITHDRAWN = "withdrawn"

    class Cohort(models.TextChoices):
        """Experts do the same trials through a link of their own and have a row of their own in every table."""

        CROWD = "crowd"
        EXPERT = "expert"

    UNFINISHED = (State.RUNNING, State.EXPIRED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="sessions")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="sessions")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=10, choices=Participant.Kind.choices)
    cohort = models.CharField(max_length=10, choices=Cohort.choices, default=Cohort.CROWD)
    observer = models.CharField(max_length=40, blank=True, help_text="Name of the simulated observer; empty for people")
    model = models.CharField(max_length=100, blank=True, help_text="Model whose units it asks about; empty: of all")
    task_index = models.PositiveIntegerField(help_text="Number of its task in its condition and model, from 0")
    seed = models.BigIntegerField(help_text="Fixes every random choice of the plan")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    lease_until = models.DateTimeField(default=timezone.now, help_text="Until then the task is theirs")
    language = models.CharField(max_length=10, default="en")
    token_sha256 = models.CharField(max_length=64, unique=True, help_text="sha256 of the cookie's secret")
    tab = models.CharField(max_length=36, blank=True, help_text="Which browser tab goes on with it, by the tab's own random id")
    erasure_code_sha256 = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="sha256 of the code that erases the answers"
    )
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Attempt at practice, from 1")
    practice_passed = models.BooleanField(default=False)
    instruction_time = models.FloatField(null=True, help_text="ms on the instruction pages")
    passed_checks = models.BooleanField(null=True, help_text="By the study's newest quality rules; none: not judged yet")
    completion_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True, help_text="When the plan was first sent")
    seen_at = models.DateTimeField(null=True, help_text="When the browser was last heard of")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "participant"], name="one_session_per_person"),)
        indexes = (models.Index(fields=["study", "kind", "state"]),)

    def __str__(self) -> str:
        return str(self.id)[:8]


class SessionEvent(models.Model):
    """Something that happened in a session beside its answers; written once, never changed."""

    class Kind(models.TextChoices):
        """What happened."""

        REJOINED = "rejoined"
        TAB_TAKEN = "tab taken"
        CONTRADICTION = "contradictory answer"
        LEASE_EXPIRED = "lease expired"
        RETURNED = "returned"
        WITHDRAWN = "withdrawn"
        FOCUS_LOST = "focus lost"
        CLOCK_JUMP = "clock jump"
        PAUSED = "study paused"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.session}: {self.kind}"
