"""Reads what somebody asks to have exported: the same words in the REST interface, in commands and in forms."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from experiments.contract.errors import InputError
from webapp.participants.models import Participant
from webapp.studies.exports.selection import FLAVORS, IDS, OF_RESPONSES, OF_SESSIONS, Selection
from webapp.studies.models import Session, Study

Words = Mapping[str, Sequence[str]]
FILTERS = (*OF_SESSIONS, *OF_RESPONSES)
MEANINGS = {
    "kind": "Only sessions of this kind",
    "state": "Only sessions in this state",
    "condition": "Only sessions of this condition of the study",
    "cohort": "Only sessions of this cohort",
    "session": "Only the session with this id",
    "passed_checks": "1: only sessions that satisfy the newest quality rules; 0: only those that do not",
    "unit": "Only responses about the unit with this address",
    "model": "Only responses about units of this model",
    "since": "Only what was answered at this time or later, ISO 8601 with a zone",
    "until": "Only what was answered before this time, ISO 8601 with a zone",
    "flavor": "Of CSV. raw: for programs; spreadsheet: texts that look like formulas begin with an apostrophe",
    "ids": "personal adds the recruiter's ids of the persons; needs the right to see them, and is noted",
}
SEVERAL = tuple(name for name in FILTERS if name not in ("since", "until", "passed_checks"))
"""Filters that take several values, of which one suffices."""


def selection_asked(study: Study, words: Words, *, beside: Collection[str] = ()) -> Selection:
    """What `words` ask for, name to values; the names `beside` are somebody else's.

    Raises:
        InputError: A name is unknown, a value is malformed or names nothing that this study has.
    """
    known = (*MEANINGS, *beside)
    for name in words:
        if name not in known:
            raise InputError(field=name, message="is unknown", remedy=f"Choose of {', '.join(known)}")
    choices = _choices(study)
    several = {name: _several(name, words.get(name, ()), choices) for name in SEVERAL}
    flavor: Any = _one("flavor", words, choices={*FLAVORS}) or "raw"
    if flavor != "raw" and words.get("format", ["csv"])[-1:] != ["csv"]:
        raise InputError(field="flavor", message="is for CSV alone", remedy="Ask for format csv, or leave the flavor out")
    ids: Any = _one("ids", words, choices={*IDS}) or "pseudonymous"
    passed = _one("passed_checks", words, choices={"0", "1"})
    since, until = (_time(name, _one(name, words)) for name in ("since", "until"))
    if since and until and since >= until:
        raise InputError(field="until", message="is not after since", remedy="Give a later time, or leave one of them out")
    checks = None if passed is None else passed == "1"
    return Selection(**several, since=since, until=until, passed_checks=checks, flavor=flavor, ids=ids)


def _choices(study: Study) -> dict[str, set[str]]:
    units = study.units.values_list("address", "model")
    return {
        "kind": {*Participant.Kind.values},
        "state": {*Session.State.values} - {Session.State.WITHDRAWN},
        "cohort": {*Session.Cohort.values},
        "condition": {*study.conditions.values_list("name", flat=True)},
        "unit": {address for address, _ in units},
        "model": {model for _, model in units},
    }


def _several(name: str, values: Sequence[str], choices: Mapping[str, set[str]]) -> tuple[str, ...]:
    for value in values:
        if name == "session":
            _check_uuid(name, value)
        else:
            _check_choice(name, value, choices[name])
    return tuple(values)


def _one(name: str, words: Words, *, choices: Collection[str] = ()) -> str | None:
    """The one value that the name has, if it has any."""
    values = words.get(name, ())
    if len(values) > 1:
        raise InputError(field=name, message=f"is given {len(values)} times", remedy="Give it once")
    for value in values:
        if choices:
            _check_choice(name, value, choices)
    return next(iter(values), None)


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        shown = [*sorted(choices)[:10], *(["…"] if len(choices) > 10 else [])]
        remedy = f"Choose one of {', '.join(shown)}" if shown else "Leave it out: the study has none"
        raise InputError(field=name, message=f"{value[:100]!r} is unknown", remedy=remedy)


def _check_uuid(name: str, value: str) -> None:
    try:
        uuid.UUID(value)
    except ValueError:
        raise InputError(field=name, message=f"{value[:100]!r} is no id", remedy="Copy one from the column session_id") from None


def _time(name: str, text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text) if text is not None else None
        # At the edges of the calendar a time may have none in UTC, which the database asks for.
        moment = found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if text is not None and moment is None:
        remedy = "Write it as 2026-01-31T12:00:00Z; in an address the + of a zone is written %2B"
        raise InputError(field=name, message=f"{text[:100]!r} is no time with a zone", remedy=remedy)
    return moment
