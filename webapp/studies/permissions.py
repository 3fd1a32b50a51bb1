"""What researchers may do with studies, by the permissions of Django's admin."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def require_right(request: HttpRequest, right: str) -> None:
    """Raise PermissionDenied unless the user may `add`, `change` or `view` studies."""
    if not request.user.has_perm(f"studies.{right}_study"):
        raise PermissionDenied
