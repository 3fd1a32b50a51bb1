"""What of a study is exported: which rows, with whose ids, written for whom. Made by the REST interface, commands and pages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from django.db.models import Q

Flavor = Literal["raw", "spreadsheet"]
Ids = Literal["pseudonymous", "personal"]
FLAVORS: tuple[str, ...] = get_args(Flavor)
IDS: tuple[str, ...] = get_args(Ids)
OF_SESSIONS = {
    "kind": "kind__in",
    "state": "state__in",
    "condition": "condition__name__in",
    "cohort": "cohort__in",
    "session": "id__in",
    "passed_checks": "passed_checks",
}
"""Filters of sessions, with the look-ups that they stand for."""
OF_RESPONSES = {
    "unit": "trial__unit__address__in",
    "model": "trial__unit__model__in",
    "since": "answered_at__gte",
    "until": "answered_at__lt",
}


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
    def of_sessions(self) -> Q:
        """The filters of sessions as one condition."""
        return self._condition(OF_SESSIONS)

    @property
    def of_responses(self) -> Q:
        """The filters of responses as one condition."""
        return self._condition(OF_RESPONSES)

    def as_json(self) -> dict[str, Any]:
        """What was asked for, without what was left open."""
        shown = {name: value for name, value in asdict(self).items() if value not in ((), None)}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}

    def as_noted(self) -> dict[str, Any]:
        """The same without the ids of sessions, for what is kept of an export after somebody was erased."""
        return {name: value for name, value in self.as_json().items() if name != "session"}

    def _condition(self, lookups: Mapping[str, str]) -> Q:
        given = {lookup: getattr(self, name) for name, lookup in lookups.items()}
        return Q(**{lookup: value for lookup, value in given.items() if value not in ((), None)})
