"""What researchers may do with stimuli and circuits, on pages and over REST, by the permissions of Django's admin."""

from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, IsAdminUser
from rest_framework.request import Request
from rest_framework.views import APIView

RIGHTS = {"view": "stimuli.view_artifact", "make": "stimuli.add_job"}


def require_right(request: HttpRequest, right: Literal["view", "make"]) -> None:
    """Raise PermissionDenied unless the user may `view` artifacts, or have them made."""
    if not request.user.has_perm(RIGHTS[right]):
        raise PermissionDenied


class StimulusRights(IsAdminUser):
    """Over REST: staff who may view artifacts may read, those who may add jobs may also have something made or cancelled."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether this request may go on."""
        right = RIGHTS["view" if request.method in SAFE_METHODS else "make"]
        return super().has_permission(request, view) and request.user.has_perm(right)
