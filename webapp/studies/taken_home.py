"""Exports that somebody took home: noted when they are made, listed when a person in them is erased."""

from collections.abc import Sequence

from django.contrib.auth.models import AnonymousUser, User

from webapp.participants.audit import audit_write
from webapp.participants.models import AuditEntry
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Session, Study

EXPORTS = (AuditEntry.Action.EXPORTED, AuditEntry.Action.EXPORTED_IDS)


def export_note(
    study: Study, *, form: str, selection: Selection, actor: User | AnonymousUser | None = None, **details: str
) -> None:
    """Note that answers of a study leave, in which format, which of them (but no ids of sessions); `details` such as the file."""
    action = AuditEntry.Action.EXPORTED_IDS if selection.ids == "personal" else AuditEntry.Action.EXPORTED
    audit_write(action, actor=actor, study=study.name, format=form, **selection.as_noted(), **details)


def exports_with(sessions: Sequence[Session]) -> list[str]:
    """The exports that may hold answers of these sessions, in words: those of their studies since they began."""
    names = dict(Study.objects.filter(sessions__in=sessions).values_list("id", "name"))
    newest_first = sorted(sessions, key=lambda session: session.created_at, reverse=True)
    began = {names[session.study_id]: session.created_at for session in newest_first}
    notes = AuditEntry.objects.filter(action__in=EXPORTS, details__study__in=list(began)).select_related("actor").order_by("at")
    return [_words(note) for note in notes if note.at >= began[note.details["study"]]]


def _words(note: AuditEntry) -> str:
    details = ", ".join(f"{name} {value}" for name, value in note.details.items())
    return f"{note.at:%Y-%m-%d %H:%M} UTC by {note.actor or 'a command'}: {note.action}, {details}"
