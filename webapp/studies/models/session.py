"""A session is one participant's way through a study, with what happened on it."""

import uuid

from django.db import models
from django.utils import timezone

from webapp.participants.data import Data
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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="sessions", help_text="Through which study")
    condition = models.ForeignKey(
        Condition, on_delete=models.PROTECT, related_name="sessions", help_text="Under which condition of the study"
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="sessions", help_text="Whose way it is")
    kind = models.CharField(max_length=10, choices=Participant.Kind.choices, help_text="live, preview, pilot or bot")
    cohort = models.CharField(max_length=10, choices=Cohort.choices, default=Cohort.CROWD, help_text="crowd or expert")
    observer = models.CharField(max_length=40, blank=True, help_text="Name of the simulated observer; empty for people")
    model = models.CharField(max_length=100, blank=True, help_text="Model whose units it asks about; empty: of all")
    task_index = models.PositiveIntegerField(help_text="Number of its task in its condition and model, from 0")
    seed = models.BigIntegerField(help_text="Fixes every random choice of the plan")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING, help_text="How it stands")
    lease_until = models.DateTimeField(default=timezone.now, help_text="Until then the task is theirs")
    language = models.CharField(max_length=10, default="en", help_text="Of the texts, ISO 639-1")
    token_sha256 = models.CharField(max_length=64, unique=True, help_text="sha256 of the cookie's secret")
    tab = models.CharField(max_length=36, blank=True, help_text="Which browser tab goes on with it, by the tab's own random id")
    erasure_code_sha256 = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="sha256 of the code that erases the answers"
    )
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Attempt at practice, from 1")
    practice_passed = models.BooleanField(default=False, help_text="Whether the main trials may begin")
    instruction_time = models.FloatField(null=True, help_text="ms on the instruction pages")
    passed_checks = models.BooleanField(null=True, help_text="By the study's newest quality rules; none: not judged yet")
    completion_code = models.CharField(max_length=64, blank=True, help_text="Told at the end, for the recruiter")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When the person agreed")
    served_at = models.DateTimeField(null=True, help_text="When the plan was first sent")
    seen_at = models.DateTimeField(null=True, help_text="When the browser last asked for the plan; answers do not move it")
    finished_at = models.DateTimeField(null=True, help_text="When the server held every required answer")

    DATA = Data(
        purpose="Research: who did which task of a study, and how far they came",
        kept="Until `answers_until` of the study; else until erased",
        erasure="Deleted, or replaced by a copy with other ids and times, without a person, as the study's policy says",
        none="study",
        pseudonymous="id condition participant kind cohort observer model task_index seed state lease_until language tab attempt "
        "practice_passed instruction_time passed_checks created_at served_at seen_at finished_at",
        credential="token_sha256 erasure_code_sha256 completion_code",
    )

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

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="events", help_text="In which session")
    kind = models.CharField(max_length=24, choices=Kind.choices, help_text="What happened")
    details = models.JSONField(default=dict, help_text="What is to be known of it, by name")
    at = models.DateTimeField(auto_now_add=True, help_text="When it happened")

    DATA = Data(
        purpose="What happened beside the answers, such as a reloaded page",
        kept="As long as the session",
        erasure="Deleted; pauses of the study stay with kept answers, since total times need them",
        pseudonymous="session kind details at",
    )

    def __str__(self) -> str:
        return f"{self.session}: {self.kind}"
