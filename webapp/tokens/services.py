"""Writes of tokens: make one, note that it was used. Revoking one is deleting its row."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from experiments.contract.fields import require
from webapp.participants.audit import audit_write
from webapp.participants.models import AuditEntry
from webapp.tokens.models import ApiToken, Scope

MAX_DAYS = 366
NAME_LENGTH = 80
USE_NOTED = timedelta(minutes=1)
"""A use is written down at most so often, so that reading costs no write."""


@transaction.atomic
def token_create(user: User, *, name: str, scopes: Collection[str], days: float) -> str:
    """A new token of a user. Nobody can find it out later: the database has its hash alone.

    Raises:
        InputError: The user is no staff, or a name, a scope or a number of days is none.
    """
    require(user.is_staff and user.is_active, "user", f"{user.username!r} is no active staff user", "Choose one")
    require(0 < len(name) <= NAME_LENGTH, "name", f"{name!r} is no name", f"Give 1 to {NAME_LENGTH} characters")
    remedy = f"Choose among {', '.join(Scope.values)}"
    require(bool(scopes), "scope", "a token without a scope opens nothing", remedy)
    for scope in scopes:
        require(scope in Scope.values, "scope", f"{scope!r} is unknown", remedy)
    require(0 < days <= MAX_DAYS, "days", f"{days} days are out of range", f"Give more than 0 and at most {MAX_DAYS}")
    _, token = ApiToken.objects.create(user=user, expiry=timedelta(days=days), name=name, scopes=sorted(set(scopes)))
    audit_write(AuditEntry.Action.GRANTED, actor=user, name=name, scopes=sorted(set(scopes)), days=days)
    return str(token)


def token_used(token: ApiToken) -> None:
    """Note that a token was used now."""
    now = timezone.now()
    late = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED)
    ApiToken.objects.filter(late, pk=token.pk).update(last_used_at=now)
