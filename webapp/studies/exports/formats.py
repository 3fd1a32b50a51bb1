"""The formats of an export, and the one door to them. Called by the REST interface, commands, pages and analyses."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from experiments.contract.errors import InputError
from webapp.studies.exports.bids import write_bids
from webapp.studies.exports.csv_lines import write_csv
from webapp.studies.exports.json_lines import write_json_lines
from webapp.studies.exports.psychds import write_psychds
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.snapshot import snapshot
from webapp.studies.models import Study


@dataclass(frozen=True, kw_only=True)
class Format:
    """How an export is written: `write` gives its bytes in pieces and, at its end, returns the number of rows."""

    media_type: str
    suffix: str
    write: Callable[[Study, Selection], Generator[bytes, None, int]]


def _write_parquet(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    from webapp.studies.exports.parquet import write_parquet  # noqa: PLC0415 -- pyarrow takes memory, and most never ask for it

    return write_parquet(study, selection)


FORMATS = {
    "csv": Format(media_type="text/csv; charset=utf-8", suffix="csv", write=write_csv),
    "jsonl": Format(media_type="application/jsonl; charset=utf-8", suffix="jsonl", write=write_json_lines),
    "parquet": Format(media_type="application/vnd.apache.parquet", suffix="parquet", write=_write_parquet),
    "psychds": Format(media_type="application/zip", suffix="psychds.zip", write=write_psychds),
    "bids": Format(media_type="application/zip", suffix="bids.zip", write=write_bids),
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
    """The export of a study in pieces, as it stood at one moment; at its end, the number of rows is returned.

    Raises:
        InputError: The format is unknown (when called, before anything is sent).
    """
    return _at_one_moment(format_by_name(form).write(study, selection))


def _at_one_moment(pieces: Generator[bytes, None, int]) -> Generator[bytes, None, int]:
    with snapshot():
        return (yield from pieces)
