"""What people are asked to agree to; participants, known by a keyed hash; where they come from; what they are paid; an audit."""

import hashlib
import uuid
from typing import Any

from django.conf import settings
from django.db import models


class ConsentText(models.Model):
    """A version of the consent text; a shown version is never edited, a new one is written."""

    version = models.CharField(max_length=40)
    language = models.CharField(max_length=10, default="en")
    title = models.CharField(max_length=200)
    body = models.TextField(help_text="Plain text; a blank line begins a new paragraph")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["version", "language"], name="one_text_per_version_and_language"),)

    def __str__(self) -> str:
        return f"{self.title} ({self.version}, {self.language})"

    @property
    def paragraphs(self) -> list[str]:
        """The body, split at blank lines."""
        return [paragraph.strip() for paragraph in self.body.split("\n\n") if paragraph.strip()]

    @property
    def sha256(self) -> str:
        """sha256 of title, a line feed and body: whoever has the text can tell whether it is the one that was agreed to."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


class Participant(models.Model):
    """A person, or a simulated one. The id that a recruiter gave is kept only as a hash with a secret key."""

    class Kind(models.TextChoices):
        """Whether this is a person who counts; every export and every counter filters on it."""

        LIVE = "live"
        PREVIEW = "preview"
        PILOT = "pilot"
        BOT = "bot"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    recruiter = models.CharField(max_length=20, default="direct")
    external_id_hash = models.CharField(max_length=64, help_text="HMAC of the recruiter's id for this person")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruiter", "external_id_hash"], name="one_participant_per_external_id"),)

    def __str__(self) -> str:
        return f"{self.kind} {str(self.id)[:8]}"


class Consent(models.Model):
    """A participant agreed to a text: to which words of it, and when."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    text_sha256 = models.CharField(
        max_length=64, default="", editable=False, help_text="sha256 of title, a line feed and body as they were"
    )
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["participant", "text"], name="one_consent_per_text"),)

    def __str__(self) -> str:
        return f"{self.participant} agreed to {self.text}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fix the words that were agreed to."""
        self.text_sha256 = self.text_sha256 or self.text.sha256
        super().save(*args, **kwargs)


class Recruitment(models.Model):
    """Where the participants of a study come from, and what they are paid. Money is in minor units, such as cents."""

    class Recruiter(models.TextChoices):
        """Prolific, Amazon Mechanical Turk, or a link that somebody passes on."""

        DIRECT = "direct"
        PROLIFIC = "prolific"
        MTURK = "mturk"

    recruiter = models.CharField(max_length=10, choices=Recruiter.choices, default=Recruiter.DIRECT)
    external_study_id = models.CharField(max_length=64, blank=True, help_text="Of the study (Prolific) or HIT (MTurk)")
    reward = models.PositiveIntegerField(default=0, help_text="Minor units, for everybody who finishes")
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217")
    completion_codes = models.JSONField(default=dict, help_text="Outcome to the recruiter's code for it")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.recruiter} {self.external_study_id}".strip()


class Submission(models.Model):
    """A participation as the recruiter sees it. The only table with ids of persons in clear; erasure empties it."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="submissions")
    recruitment = models.ForeignKey(Recruitment, on_delete=models.PROTECT, related_name="submissions")
    external_participant_id = models.CharField(max_length=64, help_text="The recruiter's id of the person")
    external_id = models.CharField(max_length=64, help_text="The recruiter's id of the submission or assignment")
    state = models.CharField(max_length=24, blank=True, help_text="As the recruiter told last")
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruitment", "participant"], name="one_submission_per_person"),)
        permissions = (("see_external_ids", "Can see the recruiters' ids of persons"),)

    def __str__(self) -> str:
        return f"{self.recruitment} {self.state}"


class Payment(models.Model):
    """A line of the ledger: one participant is paid once for one reason."""

    class State(models.TextChoices):
        """SENT is written before the recruiter is asked; what became of it then is found out, never assumed."""

        PLANNED = "planned"
        APPROVED = "approved"
        SENT = "sent"
        PAID = "paid"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="payments")
    recruitment = models.ForeignKey(Recruitment, on_delete=models.PROTECT, related_name="payments")
    reason = models.CharField(max_length=60, help_text="`base`, or what the bonus is for")
    amount = models.PositiveIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    order_id = models.CharField(
        max_length=64, blank=True, help_text="The recruiter's id of the order, stored before it is carried out"
    )
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruitment", "participant", "reason"], name="one_payment_per_reason"),)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.reason}: {self.state}"


class HookDelivery(models.Model):
    """A notice of a recruiter that was taken, so that a copy of it is not taken again."""

    signature_sha256 = models.CharField(max_length=64, primary_key=True)
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.signature_sha256[:8]} of {self.received_at}"


class AuditEntry(models.Model):
    """Somebody did something with personal data or with access to it; written once, never changed. Names no participant."""

    class Action(models.TextChoices):
        """What was done."""

        EXPORTED_IDS = "exported personal ids"
        ERASED = "erased a person"
        RETENTION = "erased by date"
        GRANTED = "made a token"

    at = models.DateTimeField(auto_now_add=True, help_text="When it was done")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="Who did it; none: a command or the clock",
    )
    action = models.CharField(max_length=40, choices=Action.choices, help_text="What was done")
    details = models.JSONField(default=dict, help_text="Of what: names of studies and counts, never ids of persons")

    class Meta:
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it, once."""
        if not self._state.adding:
            raise TypeError("An audit entry is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise TypeError("An audit entry is never deleted")
