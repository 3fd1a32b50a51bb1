"""What researchers may do with stimuli and circuits, on pages and over REST, by the permissions of Django's admin."""

from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from webapp.rights import SEE_STUDIES
from webapp.tokens.models import Scope
from webapp.tokens.rights import Right

RIGHTS = {"view": "stimuli.view_artifact", "make": "stimuli.add_job"}
REST_RIGHTS = {"read": Right(RIGHTS["view"], Scope.READ_STIMULI), "write": Right(RIGHTS["make"], Scope.WRITE_STIMULI)}
# Of an analysis, which is made from answers, on top of these.
RESULTS = Right(SEE_STUDIES, Scope.READ_RESPONSES)


def require_right(request: HttpRequest, right: Literal["view", "make"]) -> None:
    """Raise PermissionDenied unless the user may `view` artifacts, or have them made."""
    if not request.user.has_perm(RIGHTS[right]):
        raise PermissionDenied
