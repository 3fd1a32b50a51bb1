"""What of a study is exported: which rows, with whose ids, written for whom. Made by the REST interface, commands and pages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from django.db.models import Q

Flavor = Literal["raw", "spreadsheet"]
Ids = Literal["pseudonymous", "personal"]
FLAVORS: tuple[str, ...] = get_args(Flavor)
IDS: tuple[str, ...] = get_args(Ids)
FIELDS = {
    "kind": "trial__session__kind__in",
    "state": "trial__session__state__in",
    "condition": "trial__session__condition__name__in",
    "cohort": "trial__session__cohort__in",
    "unit": "trial__unit__address__in",
    "model": "trial__unit__model__in",
    "session": "trial__session_id__in",
    "since": "answered_at__gte",
    "until": "answered_at__lt",
    "passed_checks": "trial__session__passed_checks",
}
"""Each filter, with the look-up from a response that it stands for."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A row is exported if it satisfies every filter that is given; of several values of a filter one suffices."""

    kind: Sequence[str] = ()
    state: Sequence[str] = ()
    condition: Sequence[str] = ()
    cohort: Sequence[str] = ()
    unit: Sequence[str] = ()
    model: Sequence[str] = ()
    session: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive, so that consecutive exports share no row."""
    passed_checks: bool | None = None
    flavor: Flavor = "raw"
    """`spreadsheet`: cells that a spreadsheet would take for a formula are quoted."""
    ids: Ids = "pseudonymous"

    @property
    def condition_on_responses(self) -> Q:
        """The filters as one condition."""
        given = {field: getattr(self, field) for field in FIELDS}
        return Q(**{FIELDS[field]: value for field, value in given.items() if value not in ((), None)})

    def as_json(self) -> dict[str, Any]:
        """What was asked for, without what was left open."""
        shown = {name: value for name, value in asdict(self).items() if value not in ((), None)}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}
