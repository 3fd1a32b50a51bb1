"""A study as a BIDS data set: a behavioral table for each session, the participants, and sidecars made of the codebook."""

import re
from collections.abc import Generator, Iterable, Sequence
from importlib.metadata import version
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from experiments import registry
from experiments.contract.tables import RESPONSE_COLUMNS, Column
from webapp.studies.exports.archive import Member, changes, citation, json_file, label, require_pseudonymous, text_file, zipped
from webapp.studies.exports.codebook.entries import Entry, about_sessions, codebook
from webapp.studies.exports.readme import readme
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.text_rows import fetched, text_rows
from webapp.studies.models import Study
from webapp.studies.selectors import study_design

VERSION = "1.10.0"
MISSING = "n/a"
NAMES = tuple(RESPONSE_COLUMNS)
SESSION = NAMES.index("session_id")
SUBJECT = Column(description="The session, of which nobody has two in a study: sub- and session_id without hyphens", type="id")
FORMATS = {"integer": "integer", "flag": "integer", "number": "number"}


def write_bids(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """The archive in pieces; returns how many responses are in it.

    A session is a subject, and its label the session's id: the same in every export, and nothing joins those of two studies.
    Without a single response there is no table, and nothing that would describe it.
    """
    require_pseudonymous(selection)
    return zipped(_members(study, selection))


def _members(study: Study, selection: Selection) -> Generator[Member, None, int]:
    # Before anything is read, so that whoever waits sees that something comes.
    yield json_file("dataset_description.json", _description(study))
    yield text_file("CHANGES", changes(study))
    design, entries, count = study_design(study), codebook(study), 0
    task = label(design.TASK, otherwise="task")
    shared = about_sessions(entries)
    participants = [_line(["participant_id", *(entry.name for entry in shared)])]
    read = chain.from_iterable(some for rows in text_rows(study, selection) for some in fetched(rows))
    for session, of_session in groupby(read, key=itemgetter(SESSION)):
        subject, rows = f"sub-{session.replace('-', '')}", list(of_session)
        about = dict(zip(NAMES, rows[0], strict=True))
        participants.append(_line([subject, *(_cell(about[entry.name]) for entry in shared)]))
        yield f"{subject}/beh/{subject}_task-{task}_beh.tsv", [_line(NAMES), *(_line(map(_cell, row)) for row in rows)]
        count += len(rows)
    if count:
        # After the tables, since they tell who is in them; a line for each session is little beside its rows.
        yield "participants.tsv", participants
        yield json_file("participants.json", {"participant_id": _sidecar(SUBJECT), **_sidecars(shared)})
        yield json_file(f"task-{task}_beh.json", {"TaskName": task, "TaskDescription": design.TITLE, **_sidecars(entries)})
    yield text_file("README.md", readme(study, files=_files(task) if count else {}))
    return count


def _description(study: Study) -> dict[str, Any]:
    return {
        "Name": study.title,
        "BIDSVersion": VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "unitscope", "Version": version("unitscope")}],
        "ReferencesAndLinks": [citation(study), registry.experiment(study.paper).url],
    }


def _files(task: str) -> dict[str, str]:
    return {
        "participants.tsv": "a line for each session, described in `participants.json`",
        f"sub-<label>/beh/sub-<label>_task-{task}_beh.tsv": "the responses of a session, in their order",
        f"task-{task}_beh.json": "the codebook: meaning, unit and levels of each column of the tables",
    }


def _sidecars(entries: Sequence[Entry]) -> dict[str, Any]:
    return {entry.name: _sidecar(entry.column) for entry in entries}


def _sidecar(column: Column) -> dict[str, Any]:
    """A column in the words of BIDS."""
    empty = f" {MISSING} {column.missing}." if column.missing else ""
    about: dict[str, Any] = {"Description": f"{column.description}.{empty}", "Format": FORMATS.get(column.type, "string")}
    told = {"Units": column.unit, "Levels": dict(column.levels), "Minimum": column.low, "Maximum": column.high}
    return {**about, **{name: value for name, value in told.items() if value not in ("", {}, None)}}


def _cell(value: Any) -> str:
    """A value as it stands in a table, which has no way to quote tabs and line ends."""
    return MISSING if value is None else re.sub(r"\s", " ", str(value))


def _line(cells: Iterable[str]) -> bytes:
    return ("\t".join(cells) + "\n").encode()
