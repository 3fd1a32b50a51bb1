"""A study asks about units under conditions."""

import hashlib
import uuid

from django.conf import settings as deployment
from django.db import models

from experiments.contract.fields import canonical_json
from webapp.participants.data import Data
from webapp.participants.models import ConsentText, Participant, Recruitment


def default_languages() -> list[str]:
    """English alone."""
    return ["en"]


class Unit(models.Model):
    """A unit of a network that studies ask about."""

    address = models.CharField(max_length=200, unique=True, help_text="<model>/<layer>:<channel>")
    model = models.CharField(max_length=100, help_text="Id of the network")
    layer = models.CharField(max_length=100, help_text="Module path of the layer")
    channel = models.PositiveIntegerField(help_text="Number of the channel, from 0")

    DATA = Data(purpose="What studies ask about", kept="For good", erasure="Nothing", none="address model layer channel")

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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    name = models.SlugField(max_length=60, unique=True, help_text="Short name, which names it in exports")
    title = models.CharField(max_length=200, help_text="Participants read it")
    paper = models.CharField(max_length=60, help_text="Slug of the paper whose design it follows")
    settings = models.JSONField(default=dict, help_text="All settings of the design")
    notice = models.TextField(blank=True, help_text="Shown to participants at the foot of the instructions")
    thanks = models.TextField(blank=True, help_text="Shown to participants on the last page")
    contact = models.CharField(max_length=200, blank=True, help_text="Whom participants may write to")
    languages = models.JSONField(default=default_languages, help_text="Codes of the languages offered, the first by default")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING, help_text="How it stands")
    error = models.JSONField(null=True, blank=True, help_text="Why it failed: field, message, remedy")
    units = models.ManyToManyField(Unit, help_text="What it asks about; none where it asks about images")
    consent = models.ForeignKey(ConsentText, on_delete=models.PROTECT, help_text="What participants agree to")
    recruitment = models.OneToOneField(
        Recruitment, on_delete=models.PROTECT, null=True, blank=True, help_text="Where participants come from; none: a link"
    )
    allocation = models.CharField(
        max_length=10,
        choices=Allocation.choices,
        default=Allocation.BALANCED,
        help_text="All units equally often, or those more often whose scores are least certain",
    )
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
    erased_live_sessions = models.PositiveIntegerField(
        default=0, help_text="How many of them were live: what these people were asked stays as it was"
    )
    researchers = models.ManyToManyField(
        deployment.AUTH_USER_MODEL,
        blank=True,
        related_name="studies",
        limit_choices_to={"is_staff": True},
        help_text="Who sees the study and all that belongs to it; none: all staff whose permissions allow it",
    )
    personal_ids_until = models.DateField(
        null=True,
        blank=True,
        help_text="After this day (UTC) the recruiter's ids of the participants and their hashes are erased; "
        "empty: kept until a person is erased. The consent page tells it",
    )
    answers_until = models.DateField(
        null=True,
        blank=True,
        help_text="After this day (UTC) all answers are erased by the policy above; empty: kept until a person is erased. "
        "The consent page tells it",
    )
    version = models.PositiveSmallIntegerField(default=1, help_text="Number of the version, from 1")
    origin = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="descendants", help_text="What it was cloned from"
    )
    source = models.JSONField(null=True, blank=True, help_text="Of an imported study: file, sha256, mapping")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was drafted")
    opened_at = models.DateTimeField(null=True, blank=True, help_text="When it first took participants")
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is paused")

    DATA = Data(
        purpose="What is asked, how, and for how long answers are kept",
        kept="For good",
        erasure="The numbers of erased sessions are counted up, nothing else",
        none="id name title paper settings notice thanks languages state error units consent recruitment allocation "
        "lease_minutes erasure personal_ids_until answers_until erased_sessions erased_live_sessions researchers version "
        "origin source created_at opened_at paused_at",
        personal="contact",
    )

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
        """Whether somebody who counts has begun, also if they are erased by now: what defines the trials must stay."""
        return self.erased_live_sessions > 0 or self.sessions.filter(kind=Participant.Kind.LIVE).exists()


class Condition(models.Model):
    """A condition of a study; each session has one."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="conditions", help_text="Of which study")
    name = models.CharField(max_length=40, help_text="Its name in the design")
    is_paused = models.BooleanField(default=False, help_text="Nobody else is assigned to it")

    DATA = Data(
        purpose="What differs between sessions", kept="As long as the study", erasure="Nothing", none="study name is_paused"
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "name"], name="one_condition_per_name"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.name}"
