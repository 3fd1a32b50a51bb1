"""A study asks about units under conditions; a session is one participant's trials; a response answers a trial."""

import hashlib
import uuid

from django.db import models

from experiments.contract.fields import canonical_json
from webapp.participants.models import ConsentText, Participant


class Unit(models.Model):
    """A unit of a network that studies ask about."""

    address = models.CharField(max_length=200, unique=True)
    model = models.CharField(max_length=100)
    layer = models.CharField(max_length=100)
    channel = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.address


class Study(models.Model):
    """A human experiment: a paper's design with units, conditions and settings."""

    class State(models.TextChoices):
        """PREPARING until all stimuli exist; only an OPEN study takes participants."""

        PREPARING = "preparing"
        OPEN = "open"
        CLOSED = "closed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    paper = models.CharField(max_length=60, help_text="Slug of the paper whose design it follows")
    settings = models.JSONField(default=dict, help_text="All settings of the design")
    notice = models.TextField(blank=True, help_text="Shown to participants at the foot of the instructions")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    error = models.JSONField(null=True, blank=True, help_text="Why it failed: field, message, remedy")
    units = models.ManyToManyField(Unit)
    consent = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    @property
    def unit_addresses(self) -> list[str]:
        """The units in the order that plans rely on."""
        return sorted(unit.address for unit in self.units.all())

    @property
    def design_digest(self) -> str:
        """sha256 of all that defines the trials; part of every exported response."""
        conditions = sorted(condition.name for condition in self.conditions.all())
        parts = {"paper": self.paper, "units": self.unit_addresses, "conditions": conditions, "settings": self.settings}
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


class Condition(models.Model):
    """A condition of a study; each session has one."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="conditions")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "name"], name="one_condition_per_name"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.name}"


class StudyArtifact(models.Model):
    """An artifact that a study needs; the study opens when none is missing."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="artifacts")
    digest = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest"], name="one_need_per_digest"),)

    def __str__(self) -> str:
        return self.digest[:12]


class StudyImage(models.Model):
    """An image as participants of a study get it: padded to one size for all, so that the size tells nothing."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="images")
    digest = models.CharField(max_length=64, help_text="Digest of the artifact")
    name = models.CharField(max_length=100, help_text="Name of the file in the artifact")
    blob = models.CharField(max_length=64, help_text="sha256 of the file")
    activation = models.FloatField(null=True, help_text="Of the unit, as far as known")
    served_size = models.PositiveIntegerField(help_text="Bytes, padded")
    served_sha256 = models.CharField(max_length=64, help_text="sha256 of the padded bytes")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest", "name"], name="one_image_per_file"),)

    def __str__(self) -> str:
        return f"{self.digest[:12]}/{self.name}"


class Session(models.Model):
    """One participant's way through a study."""

    class State(models.TextChoices):
        """RUNNING until the server holds every required answer."""

        RUNNING = "running"
        FINISHED = "finished"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="sessions")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="sessions")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=10, choices=Participant.Kind.choices)
    index = models.PositiveIntegerField(help_text="Number of the session among those of its condition and kind, from 0")
    seed = models.BigIntegerField(help_text="Fixes every random choice of the plan")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    token_sha256 = models.CharField(max_length=64, unique=True, help_text="sha256 of the cookie's secret")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Attempt at practice, from 1")
    practice_passed = models.BooleanField(default=False)
    instruction_time = models.FloatField(null=True, help_text="ms on the instruction pages")
    completion_code = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True, help_text="When the plan was first sent")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "participant"], name="one_session_per_person"),)
        indexes = (models.Index(fields=["study", "kind", "state"]),)

    def __str__(self) -> str:
        return str(self.id)[:8]


class Trial(models.Model):
    """One trial of a session, completely laid down before it is shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trials")
    kind = models.CharField(max_length=10, help_text="example, practice, main or catch")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Attempt at practice, from 1; 0 elsewhere")
    position = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    batch = models.PositiveSmallIntegerField()
    images = models.JSONField(help_text="Place on the screen to id of the study's image")
    correct_choice = models.CharField(max_length=10, help_text="Never sent to the browser before the answer")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "attempt", "kind", "position"], name="one_trial_per_position"),)

    def __str__(self) -> str:
        return str(self.id)[:8]


class Response(models.Model):
    """The answer to a trial; written once, never changed. The meaning of each field: `contract.tables`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="response")
    key = models.UUIDField(help_text="Made by the browser; the same when an answer is sent again")
    choice = models.CharField(max_length=10)
    correct = models.BooleanField()
    confidence = models.PositiveSmallIntegerField()
    rt = models.FloatField(help_text="ms")
    input = models.CharField(max_length=10)
    onset = models.FloatField(help_text="ms")
    second_frame = models.FloatField(help_text="ms")
    event_time = models.FloatField(help_text="ms")
    handler_time = models.FloatField(help_text="ms")
    refresh_interval = models.FloatField(help_text="ms")
    dropped_frames = models.PositiveIntegerField()
    focus_losses = models.PositiveIntegerField()
    viewport_width = models.PositiveIntegerField(help_text="px")
    viewport_height = models.PositiveIntegerField(help_text="px")
    cross_origin_isolated = models.BooleanField()
    answered_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)[:8]


class StudyResult(models.Model):
    """An analysis that was asked for: which artifact it will be, and how many sessions it was computed from."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="results")
    digest = models.CharField(max_length=64, help_text="Digest of the analysis")
    live_sessions = models.PositiveIntegerField()
    bot_sessions = models.PositiveIntegerField(help_text="Simulated participants")
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest"], name="one_result_per_table"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.live_sessions} people, {self.bot_sessions} simulated"
