"""The audit: what was done with personal data and with access to it. Called where it is done."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from webapp.participants.models import AuditEntry


def audit_write(action: AuditEntry.Action, *, actor: User | AnonymousUser | None = None, **details: Any) -> AuditEntry:
    """Note that `actor` did something; `details` name studies and counts, never persons."""
    who = actor if isinstance(actor, User) else None
    return AuditEntry.objects.create(actor=who, action=action, details=details)
