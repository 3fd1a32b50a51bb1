"""Reads a published table whole and checks all that can be wrong with it, so that nobody waits for that who writes it down."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.imports.rows import ImportedAnswer, read_rows

MAX_FILE = 256 << 20
"""Bytes, which are read at once."""
MAX_ROWS = 500_000
"""Nearly four times the published study; each takes some 2 kB of memory."""
IN_PARTS = "Import it in parts, each under a name of its own"


@dataclass(frozen=True, kw_only=True)
class CheckedSession:
    """A person's answers, in the order of the file, and their one condition."""

    key: str
    condition: str
    answers: Sequence[ImportedAnswer]


@dataclass(frozen=True, kw_only=True)
class CheckedTable:
    """A table that fits."""

    sha256: str
    sessions: Sequence[CheckedSession]


def table_check(path: Path, mapping: ImportMapping, *, choices: tuple[str, ...]) -> CheckedTable:
    """The table in a file; `choices` are those of the study's task.

    Raises:
        InputError: It does not fit the mapping, or is too large.
    """
    content = _content(path)
    sessions = [
        CheckedSession(key=key, condition=_condition(answers), answers=answers)
        for key, answers in _by_session(read_rows(content, mapping)).items()
    ]
    require(bool(sessions), "file", "it has no rows", "Give a table of responses")
    for answer in (answer for session in sessions for answer in session.answers):
        fits = answer.correct is None or not answer.choice or answer.choice in choices
        require(fits, "choice", f"{answer.choice!r} is not an answer here", f"Map it to {' or '.join(choices)}")
    return CheckedTable(sha256=hashlib.sha256(content).hexdigest(), sessions=sessions)


def _content(path: Path) -> bytes:
    require(path.is_file(), "file", f"{path} is no file", "Name a CSV file")
    size = path.stat().st_size
    require(size <= MAX_FILE, "file", f"{path} has {size:,} bytes, and more than {MAX_FILE:,} are not read", IN_PARTS)
    return path.read_bytes()


def _by_session(answers: Iterable[ImportedAnswer]) -> dict[str, list[ImportedAnswer]]:
    """The answers of each session, in the order of the file."""
    sessions: dict[str, list[ImportedAnswer]] = defaultdict(list)
    for count, answer in enumerate(answers, start=1):
        require(count <= MAX_ROWS, "file", f"it has more than {MAX_ROWS:,} rows", IN_PARTS)
        sessions[answer.session].append(answer)
    return dict(sessions)


def _condition(answers: Sequence[ImportedAnswer]) -> str:
    """The one condition of a session's rows.

    Raises:
        InputError: There is none, or more than one.
    """
    named = {answer.condition for answer in answers if answer.condition}
    if len(named) != 1:
        told = f"has the conditions {', '.join(sorted(named))}" if named else "has no condition"
        remedy = "Name the columns that tell sessions apart in `session` of the mapping"
        raise InputError(field="condition", message=f"session {answers[0].session!r} {told}", remedy=remedy)
    return named.pop()
