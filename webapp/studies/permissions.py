"""What researchers may do with studies, by the permissions of Django's admin, and which studies they see."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from webapp.rights import Person, seen_by
from webapp.studies.models import Study
from webapp.tokens.models import Scope
from webapp.tokens.rights import Right

STUDIES = {"read": Right("studies.view_study", Scope.READ_STUDIES)}
RESPONSES = {"read": Right("studies.view_response", Scope.READ_RESPONSES)}
# A POST of an export changes nothing: it is what no link can do.
EXPORTS = {**RESPONSES, "write": RESPONSES["read"]}
PERSONAL_IDS = Right("participants.see_external_ids", Scope.READ_PERSONAL_IDS)


def require_right(request: HttpRequest, right: str) -> None:
    """Raise PermissionDenied unless the user may `add`, `change` or `view` studies."""
    if not request.user.has_perm(f"studies.{right}_study"):
        raise PermissionDenied


def studies_seen(user: Person) -> QuerySet[Study]:
    """The studies that a researcher sees."""
    return seen_by(user, Study.objects.all(), study="")
