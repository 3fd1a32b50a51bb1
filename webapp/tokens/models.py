"""A token as the database knows it: its hash, its owner, its scopes."""

from django.db import models
from knox.models import AbstractAuthToken

from webapp.participants.data import Data


class Scope(models.TextChoices):
    """What a token may be used for; never more than its user may do."""

    READ_STUDIES = "read:studies"
    READ_RESPONSES = "read:responses"
    READ_PERSONAL_IDS = "read:personal_ids"
    READ_STIMULI = "read:stimuli"
    WRITE_STIMULI = "write:stimuli"


class ApiToken(AbstractAuthToken):
    """A token of a user. Only its sha512 is kept; who deletes the row revokes it."""

    name = models.CharField(max_length=80, help_text="What it is used for, to know it again")
    scopes = models.JSONField(default=list, help_text="What it may be used for, as far as its user may")
    last_used_at = models.DateTimeField(null=True, help_text="When it was used last, to the minute; none: never")

    DATA = Data(
        purpose="Programs of staff ask by REST with it",
        kept="Until it is deleted; without effect after its expiry",
        erasure="Nothing: it tells of no participant",
        none="name scopes created expiry last_used_at",
        personal="user",
        credential="digest token_key",
    )

    class Meta:
        verbose_name = "token"

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"
