"""A study asks about units under conditions."""

import hashlib
import uuid

from django.conf import settings as deployment
from django.db import models

from experiments.contract.fields import canonical_json
from webapp.participants.models import ConsentText, Participant, Recruitment


def default_languages() -> list[str]:
    """English alone."""
    return ["en"]


class Unit(models.Model):
    """A unit of a network that studies ask about."""

    address = models.CharField(max_length=200, unique=True)
    model = models.CharField(max_length=100)
    layer = models.CharField(max_length=100)
    channel = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.address


class Study(models.Model):
    """A human experiment: a paper's design with units, conditions and settings.

    Once somebody has answered, what defines the trials stays as it is; a change makes a new version.
    """

    class State(models.TextChoices):
        """PREPARING until all stimuli exist; only an OPEN study takes participants.

        A DRAFT has requested nothing yet. While it is PAUSED nobody begins or goes on, and nothing that was answered is
        lost. IMPORTED studies were run elsewhere and are read-only.
        """

        DRAFT = "draft"
        PREPARING = "preparing"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"
        FAILED = "failed"
        IMPORTED = "imported"

    class Allocation(models.TextChoices):
        """Which units a session asks about: all equally often, or those whose scores are least certain."""

        BALANCED = "balanced"
        ADAPTIVE = "adaptive"

    class Erasure(models.TextChoices):
        """What becomes of the answers when their person wants them erased: they go, or nothing leads to the person any more."""

        DELETE = "delete"
        ANONYMIZE = "anonymize"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    paper = models.CharField(max_length=60, help_text="Slug of the paper whose design it follows")
    settings = models.JSONField(default=dict, help_text="All settings of the design")
    notice = models.TextField(blank=True, help_text="Shown to participants at the foot of the instructions")
    thanks = models.TextField(blank=True, help_text="Shown to participants on the last page")
    contact = models.CharField(max_length=200, blank=True, help_text="Whom participants may write to")
    languages = models.JSONField(default=default_languages, help_text="Codes of the languages offered, the first by default")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    error = models.JSONField(null=True, blank=True, help_text="Why it failed: field, message, remedy")
    units = models.ManyToManyField(Unit)
    consent = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    recruitment = models.OneToOneField(
        Recruitment, on_delete=models.PROTECT, null=True, blank=True, help_text="Where participants come from; none: a link"
    )
    allocation = models.CharField(max_length=10, choices=Allocation.choices, default=Allocation.BALANCED)
    lease_minutes = models.PositiveIntegerField(
        default=60, help_text="Whoever has not finished by then gives the task back; they may still finish"
    )
    erasure = models.CharField(
        max_length=10,
        choices=Erasure.choices,
        default=Erasure.DELETE,
        help_text="When a person wants their answers erased: delete them, or cut every link to the person",
    )
    erased_sessions = models.PositiveIntegerField(
        default=0, help_text="How many sessions were erased; nothing else is kept of them"
    )
    researchers = models.ManyToManyField(
        deployment.AUTH_USER_MODEL,
        blank=True,
        related_name="studies",
        limit_choices_to={"is_staff": True},
        help_text="Who sees the study and all that belongs to it; none: all staff whose permissions allow it",
    )
    version = models.PositiveSmallIntegerField(default=1)
    origin = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="descendants", help_text="What it was cloned from"
    )
    source = models.JSONField(null=True, blank=True, help_text="Of an imported study: file, sha256, mapping")
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is paused")

    class Meta:
        verbose_name_plural = "studies"
        permissions = (("see_all_studies", "Can see the studies of all researchers"),)

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

    @property
    def is_frozen(self) -> bool:
        """Whether somebody who counts has begun, so that what defines the trials must stay."""
        return self.sessions.filter(kind=Participant.Kind.LIVE).exists()


class Condition(models.Model):
    """A condition of a study; each session has one."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="conditions")
    name = models.CharField(max_length=40)
    is_paused = models.BooleanField(default=False, help_text="Nobody else is assigned to it")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "name"], name="one_condition_per_name"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.name}"
