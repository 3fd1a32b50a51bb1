"""What people are asked to agree to; participants, known by a keyed hash only; who agreed to what, and when."""

import uuid

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
    """A participant agreed to a text."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["participant", "text"], name="one_consent_per_text"),)

    def __str__(self) -> str:
        return f"{self.participant} agreed to {self.text}"
