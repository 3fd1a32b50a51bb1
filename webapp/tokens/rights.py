"""Who may use a REST view: staff with the admin's permission, over a token only with the scope. A view without rights is shut."""

from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, IsAdminUser
from rest_framework.request import Request

from webapp.tokens.models import ApiToken, Scope


@dataclass(frozen=True)
class Right:
    """A permission of Django's admin, and the scope that a token must have been given on top of it."""

    permission: str
    scope: Scope

    def is_held(self, request: Request) -> bool:
        """Whether whoever asks has it; a browser that is logged in has all scopes."""
        has_scope = not isinstance(request.auth, ApiToken) or self.scope in request.auth.scopes
        return has_scope and request.user.has_perm(self.permission)


class HasRight(IsAdminUser):
    """Staff who have the right that the view names in `rights`: under `read`, or for what changes something under `write`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this request may go on."""
        if not super().has_permission(request, view):
            return False
        right = getattr(view, "rights", {}).get("read" if request.method in SAFE_METHODS else "write")
        if right is None:
            raise MethodNotAllowed(str(request.method))
        return bool(right.is_held(request))
