"""Keeps what was erased erased when a backup comes back: a mark in the artifact store for each person and session that went.

A mark is a hash of the row's id with ID_KEY, which outlives a SECRET_KEY that is changed; it leads nobody to anything. A restore
erases again whatever has one.
"""

import hmac
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webapp.participants.models import Participant
from webapp.stimuli.selectors import store
from webapp.studies.erasure import Erasure, sessions_erase
from webapp.studies.models import Session


@receiver(post_delete, sender=Session)
@receiver(post_delete, sender=Participant)
def note_deleted(instance: Session | Participant, **_: Any) -> None:
    """Leave the mark at once: an erasure that cannot be noted fails and is rolled back, and is asked for again."""
    store().mark_erased(_mark(instance))


def erase_again(marks: Collection[str]) -> Erasure | None:
    """Erase what had been erased after a backup was made, by its marks; None if that was nothing."""
    sessions = [session.pk for session in Session.objects.only("pk") if _mark(session) in marks]
    persons = [person for person in Participant.objects.only("pk") if _mark(person) in marks]
    if not sessions and not persons:
        return None
    return sessions_erase(Session.objects.filter(pk__in=sessions), persons=persons)


def _mark(row: Session | Participant) -> str:
    return hmac.new(f"{settings.ID_KEY}:erased".encode(), str(row.pk).encode(), "sha256").hexdigest()
