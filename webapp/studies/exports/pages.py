"""The rows of an export page by page, for clients that walk through them; a page costs the same wherever it stands.

The cursor is signed for one study and one selection: it opens no other.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q

from experiments.contract.errors import InputError
from webapp.studies.exports.rows import ORDER_OF_SESSIONS, responses, sessions
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.snapshot import snapshot
from webapp.studies.exports.text_rows import as_text, column_kinds, fetched
from webapp.studies.models import Session, Study, Trial

MAX_SIZE = 1000
SESSIONS_AT_ONCE = 8
"""Looked at first; twice as many each time, while they do not fill the page."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows, and the cursor of the page behind them; none after the last."""

    rows: list[dict[str, Any]]
    cursor: str | None


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

    A row that was there when the walk began comes exactly once, whatever is answered meanwhile.

    Raises:
        InputError: The cursor is not one of this study and selection.
    """
    with snapshot():
        last = _last_trial(study, selection, cursor) if cursor else None
        rows = _rows_behind(study, selection, last, size + 1)
    more = len(rows) > size
    return Page(rows=rows[:size], cursor=_signed(study, selection, rows[size - 1]["trial_id"]) if more else None)


def _rows_behind(study: Study, selection: Selection, last: Trial | None, count: int) -> list[dict[str, Any]]:
    """At most `count` rows, from the session of `last` on."""
    found, kinds = responses(study, selection), column_kinds(study, selection)
    asked = sessions(study, selection).order_by(*ORDER_OF_SESSIONS)
    if last:
        found, asked = found.filter(_behind_trial(last)), asked.filter(_not_before(last.session))
    rows: list[dict[str, Any]] = []
    first, end = 0, SESSIONS_AT_ONCE
    while len(rows) < count and (ids := list(asked.values_list("id", flat=True)[first:end])):
        some = as_text(found.filter(trial__session_id__in=ids)[: count - len(rows)], kinds)
        rows += [dict(zip(kinds, row, strict=True)) for part in fetched(some) for row in part]
        first, end = end, 3 * end - 2 * first
    return rows


def _not_before(session: Session) -> Q:
    return Q(created_at__gt=session.created_at) | Q(created_at=session.created_at, id__gte=session.id)


def _behind_trial(trial: Trial) -> Q:
    """In the trial's own session; all responses of other sessions."""
    later = Q(trial__attempt__gt=trial.attempt) | Q(trial__attempt=trial.attempt, trial__position__gt=trial.position)
    same = Q(trial__attempt=trial.attempt, trial__position=trial.position, trial_id__gt=trial.id)
    return ~Q(trial__session_id=trial.session_id) | later | same


def _signed(study: Study, selection: Selection, trial_id: str) -> str:
    return signing.dumps(trial_id, salt=_salt(study, selection))


def _last_trial(study: Study, selection: Selection, cursor: str) -> Trial:
    remedy = "Take it from the page before, with the same filters; begin again without a cursor"
    try:
        trial_id = signing.loads(cursor, salt=_salt(study, selection))
    except signing.BadSignature:
        raise InputError(field="cursor", message="is not one of this list", remedy=remedy) from None
    trial = Trial.objects.select_related("session").filter(id=trial_id).first()
    if trial is None:
        raise InputError(field="cursor", message="stands at a row that was erased", remedy=remedy)
    return trial


def _salt(study: Study, selection: Selection) -> str:
    return f"responses of {study.id} {sorted(selection.as_json().items())}"
