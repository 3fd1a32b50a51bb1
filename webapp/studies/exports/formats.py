"""The formats of an export, and the one door to them. Called by the REST interface, commands, pages and analyses."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from experiments.contract.errors import InputError
from webapp.studies.exports.csv_text import write_csv
from webapp.studies.exports.json_lines import write_json_lines
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Study


@dataclass(frozen=True, kw_only=True)
class Format:
    """How an export is written: `write` gives its bytes in pieces and, at its end, returns the number of rows."""

    media_type: str
    suffix: str
    write: Callable[[Study, Selection], Generator[bytes, None, int]]


FORMATS = {
    "csv": Format(media_type="text/csv; charset=utf-8", suffix="csv", write=write_csv),
    "jsonl": Format(media_type="application/jsonl; charset=utf-8", suffix="jsonl", write=write_json_lines),
}
EVERYTHING = Selection()


def format_by_name(name: str) -> Format:
    """The format with this name.

    Raises:
        InputError: There is none.
    """
    if name not in FORMATS:
        raise InputError(field="format", message=f"{name!r} is unknown", remedy=f"Choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def export(study: Study, *, form: str, selection: Selection = EVERYTHING) -> Generator[bytes, None, int]:
    """The export of a study in pieces; at its end, the number of rows is returned.

    Raises:
        InputError: The format is unknown (when called, before anything is sent).
    """
    return format_by_name(form).write(study, selection)
