"""The codebook as a file: JSON for programs, CSV for spreadsheets, Markdown for people. For REST, command, archives."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from experiments.contract.errors import InputError
from webapp.studies.exports.codebook.entries import Entry, codebook
from webapp.studies.exports.csv_lines import csv_text
from webapp.studies.models import Study

HEADINGS = ("name", "description", "type", "unit", "levels", "low", "high", "missing", "source")


def as_json(study: Study) -> dict[str, Any]:
    """The study and its columns."""
    return {"study": study.name, "paper": study.paper, "columns": [as_record(entry) for entry in codebook(study)]}


def as_record(entry: Entry) -> dict[str, Any]:
    """All that is said of a column."""
    return {"name": entry.name, **asdict(entry.column), "source": entry.source}


def written(study: Study, *, form: str) -> str:
    """The codebook of a study as text.

    Raises:
        InputError: The format is unknown.
    """
    if form not in FORMATS:
        raise InputError(field="format", message=f"{form!r} is unknown", remedy=f"Choose one of {', '.join(FORMATS)}")
    return FORMATS[form](study)


def levels_in_words(levels: Mapping[str, str]) -> str:
    """Each value with its meaning."""
    return "; ".join(f"{value}: {meaning}" for value, meaning in levels.items())


def _json(study: Study) -> str:
    return json.dumps(as_json(study), indent=2, ensure_ascii=False) + "\n"


def _csv(study: Study) -> str:
    return csv_text([HEADINGS, *_cells(study)])


def _markdown(study: Study) -> str:
    lines = [HEADINGS, ["---"] * len(HEADINGS), *_cells(study)]
    rows = ("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"# Codebook of {study.name}\n\n" + "\n".join(rows) + "\n"


def _cells(study: Study) -> list[Sequence[str]]:
    records = (as_record(entry) for entry in codebook(study))
    plain = ({**record, "levels": levels_in_words(record["levels"])} for record in records)
    return [["" if record[name] is None else str(record[name]) for name in HEADINGS] for record in plain]


FORMATS: Mapping[str, Callable[[Study], str]] = {"json": _json, "csv": _csv, "md": _markdown}
