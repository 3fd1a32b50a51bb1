"""What was done with personal data, and by whom."""

from typing import Any

from django.conf import settings
from django.db import models

from webapp.participants.data import Data


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Refuses changes of many entries at once; a trigger of the database refuses what goes past it."""

    def update(self, **kwargs: Any) -> int:
        """Refuse."""
        raise TypeError("Audit entries are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise TypeError("Audit entries are never deleted")


class AuditEntry(models.Model):
    """Somebody did something with personal data or with access to it; written once, never changed. Names no participant."""

    class Action(models.TextChoices):
        """What was done."""

        EXPORTED = "exported answers"
        EXPORTED_IDS = "exported personal ids"
        ERASED = "erased a person"
        RETENTION = "erased by date"
        GRANTED = "made a token"
        FACTOR_SET_UP = "set up a second factor"
        FACTOR_REMOVED = "took a second factor off"

    at = models.DateTimeField(auto_now_add=True, help_text="When it was done")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text="Who did it; none: a command, the clock, or the person with their code",
    )
    action = models.CharField(max_length=40, choices=Action.choices, help_text="What was done")
    details = models.JSONField(default=dict, help_text="Of what: names of studies and counts, never ids of persons")

    objects = AppendOnly.as_manager()

    DATA = Data(
        purpose="Who did what with personal data, and which exports to clean after an erasure",
        kept="For good",
        erasure="Nothing; it names no participant",
        none="at action details",
        personal="actor",
    )

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
