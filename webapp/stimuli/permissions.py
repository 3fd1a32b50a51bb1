"""What researchers may do with stimuli and circuits, by the permissions of Django's admin."""

from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

RIGHTS = {"view": "stimuli.view_artifact", "make": "stimuli.add_job"}


def require_right(request: HttpRequest, right: Literal["view", "make"]) -> None:
    """Raise PermissionDenied unless the user may `view` artifacts, or have them made."""
    if not request.user.has_perm(RIGHTS[right]):
        raise PermissionDenied
