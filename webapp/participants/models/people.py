"""What people are asked to agree to, and participants, known by a keyed hash."""

import hashlib
import uuid
from typing import Any

from django.db import models

from webapp.participants.data import Data


class ConsentText(models.Model):
    """A version of the consent text; a shown version is never edited, a new one is written."""

    version = models.CharField(max_length=40, help_text="Name of the version, the same in all languages")
    language = models.CharField(max_length=10, default="en", help_text="ISO 639-1")
    title = models.CharField(max_length=200, help_text="Heading of the consent page")
    body = models.TextField(help_text="Plain text; a blank line begins a new paragraph")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was written")

    DATA = Data(
        purpose="The words that participants agree to",
        kept="For good",
        erasure="Nothing",
        none="version language title body created_at",
    )

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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id, known nowhere else")
    kind = models.CharField(max_length=10, choices=Kind.choices, help_text="live, preview, pilot or bot; live ones are people")
    recruiter = models.CharField(max_length=20, default="direct", help_text="Who sent the person")
    external_id_hash = models.CharField(
        max_length=64,
        help_text="HMAC of the recruiter's id for this person, with the key ID_KEY; random, and with a hyphen, once forgotten",
    )
    created_at = models.DateTimeField(auto_now_add=True, help_text="When the person first agreed to take part")

    DATA = Data(
        purpose="So that nobody takes part twice in a study",
        kept="The hash until `personal_ids_until` of all studies of the person, the row until `answers_until`; else until erased",
        erasure="Deleted with the person's last session",
        pseudonymous="id kind recruiter external_id_hash created_at",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruiter", "external_id_hash"], name="one_participant_per_external_id"),)

    def __str__(self) -> str:
        return f"{self.kind} {str(self.id)[:8]}"


class Consent(models.Model):
    """A participant agreed to a text: to which words of it, and when."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents", help_text="Who agreed")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, help_text="To which version, in which language")
    text_sha256 = models.CharField(
        max_length=64, default="", editable=False, help_text="sha256 of title, a line feed and body as they were"
    )
    given_at = models.DateTimeField(auto_now_add=True, help_text="When the person agreed")

    DATA = Data(
        purpose="Proof that the person agreed, to which words, and when",
        kept="As long as the participant",
        erasure="Deleted with the person's last session",
        pseudonymous="participant text text_sha256 given_at",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["participant", "text"], name="one_consent_per_text"),)

    def __str__(self) -> str:
        return f"{self.participant} agreed to {self.text}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fix the words that were agreed to."""
        self.text_sha256 = self.text_sha256 or self.text.sha256
        super().save(*args, **kwargs)
