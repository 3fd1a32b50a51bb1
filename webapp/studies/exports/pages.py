"""The rows of an export page by page, for clients that walk through them; a page costs the same wherever it stands.

The cursor is signed for one study and one selection: it opens no other.
"""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Self

from django.core import signing
from django.db.models import Q

from experiments.contract.errors import InputError
from webapp.studies.exports.rows import ORDER_OF_SESSIONS, responses, sessions
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.snapshot import snapshot
from webapp.studies.exports.text_rows import as_text, column_kinds, fetched
from webapp.studies.models import Study, Trial

MAX_SIZE = 1000
SESSIONS_AT_ONCE = 8
"""Looked at first; twice as many each time, while they do not fill the page."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows, and the cursor of the page behind them; none after the last."""

    rows: list[dict[str, Any]]
    cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a row stands in the order of the export: what becomes of it afterwards moves nobody who stood behind it."""

    began: str
    """When its session was made, ISO 8601."""
    session: str
    attempt: int
    position: int
    trial: str

    @classmethod
    def of(cls, trial_id: str) -> Self:
        """The place of a trial's row."""
        trial = Trial.objects.select_related("session").get(id=trial_id)
        return cls(
            began=trial.session.created_at.isoformat(),
            session=str(trial.session_id),
            attempt=trial.attempt,
            position=trial.position,
            trial=str(trial.id),
        )


def page_size(text: str) -> int:
    """The number of rows of a page.

    Raises:
        InputError: It is no number or out of range.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MAX_SIZE:
        raise InputError(field="size", message=f"{text[:20]!r} is no size of a page", remedy=f"Choose 1 to {MAX_SIZE}")
    return int(text)


def response_page(study: Study, selection: Selection, *, size: int, cursor: str = "") -> Page:
    """Up to `size` rows behind the cursor, in the order of the export.

    A row that was there when the walk began comes exactly once, whatever is answered meanwhile; if it is erased, at most once.

    Raises:
        InputError: The cursor is not one of this study and selection.
    """
    with snapshot():
        rows = _rows_behind(study, selection, _place(study, selection, cursor) if cursor else None, size + 1)
        more = len(rows) > size
        following = _signed(study, selection, Place.of(rows[size - 1]["trial_id"])) if more else None
    return Page(rows=rows[:size], cursor=following)


def _rows_behind(study: Study, selection: Selection, last: Place | None, count: int) -> list[dict[str, Any]]:
    """At most `count` rows behind the last."""
    found, kinds = responses(study, selection), column_kinds(study, selection)
    asked = sessions(study, selection).order_by(*ORDER_OF_SESSIONS)
    if last:
        found, asked = found.filter(_behind(last)), asked.filter(_not_before(last))
    rows: list[dict[str, Any]] = []
    first, end = 0, SESSIONS_AT_ONCE
    while len(rows) < count and (ids := list(asked.values_list("id", flat=True)[first:end])):
        some = as_text(found.filter(trial__session_id__in=ids)[: count - len(rows)], kinds)
        rows += [dict(zip(kinds, row, strict=True)) for part in fetched(some) for row in part]
        first, end = end, 3 * end - 2 * first
    return rows


def _not_before(last: Place) -> Q:
    """Sessions that stand in the order of the export where the place's own stands, or behind it."""
    began = datetime.fromisoformat(last.began)
    return Q(created_at__gt=began) | Q(created_at=began, id__gte=last.session)


def _behind(last: Place) -> Q:
    """In the place's own session; all responses of other sessions."""
    later = Q(trial__attempt__gt=last.attempt) | Q(trial__attempt=last.attempt, trial__position__gt=last.position)
    same = Q(trial__attempt=last.attempt, trial__position=last.position, trial_id__gt=last.trial)
    return ~Q(trial__session_id=last.session) | later | same


def _signed(study: Study, selection: Selection, place: Place) -> str:
    return signing.dumps(astuple(place), salt=_salt(study, selection))


def _place(study: Study, selection: Selection, cursor: str) -> Place:
    remedy = "Take it from the page before, with the same filters; begin again without a cursor"
    try:
        told = signing.loads(cursor, salt=_salt(study, selection))
    except signing.BadSignature:
        raise InputError(field="cursor", message="is not one of this list", remedy=remedy) from None
    return Place(**dict(zip(Place.__dataclass_fields__, told, strict=True)))


def _salt(study: Study, selection: Selection) -> str:
    return f"responses of {study.id} {sorted(selection.as_json().items())}"
