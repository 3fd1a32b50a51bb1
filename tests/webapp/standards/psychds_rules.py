"""The published rules of Psych-DS that its validator reports as errors, and the warnings that can be avoided, for a folder.

Written after the schema in the validator's release 1.4: required files and fields, names of data files, columns that agree with
the description. Of schema.org, the properties that our descriptions use are known.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")
KEYWORDS = {"study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"}
CONTEXTS = ("http://schema.org", "http://schema.org/", "https://schema.org", "https://schema.org/")
OF_A_DATASET = {
    *("name", "description", "variableMeasured", "schemaVersion", "identifier", "version", "dateCreated", "citation"),
    *("isBasedOn", "measurementTechnique", "keywords"),
}
OF_A_PROPERTY = {"name", "description", "unitText", "value", "valueReference", "minValue", "maxValue"}
"""Those of schema.org's PropertyValue; a `valuePattern`, for one, is not among them."""


def problems(folder: Path) -> list[str]:
    """What is wrong with the data set; each begins with the code that the validator gives, or our own for what it lets pass."""
    return [*_tree(folder), *_description(folder), *(problem for path in _tables(folder) for problem in _table(path, folder))]


def _tables(folder: Path) -> list[Path]:
    return sorted((folder / "data").rglob("*.csv"))


def _tree(folder: Path) -> Iterator[str]:
    if not (folder / "data").is_dir():
        yield "MISSING_DATA_DIRECTORY"
    if not _tables(folder):
        yield "MISSING_DATAFILE"
    for name in ("README.md", "CHANGES.md", ".psychdsignore"):
        if not (folder / name).is_file():
            yield f"MISSING_{name}"
    ignored = tuple((folder / ".psychdsignore").read_text().split()) if (folder / ".psychdsignore").is_file() else ()
    specified = ("data/", "dataset_description.json", "README.md", "CHANGES.md", ".psychdsignore")
    for path in (path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.stat().st_size == 0:
            yield f"FILE_EMPTY {name}"
        if not name.startswith((*specified, *ignored)):
            yield f"FILE_NOT_CHECKED {name}"


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "dataset_description.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _description(folder: Path) -> Iterator[str]:
    about = _read(folder)
    if not about:
        yield "MISSING_DATASET_DESCRIPTION"
        return
    if about.get("@context") not in CONTEXTS:
        yield "INVALID_JSONLD_FORMATTING @context"
    if about.get("@type") != "Dataset":
        yield "INCORRECT_DATASET_TYPE"
    yield from (f"JSON_KEY_REQUIRED {name}" for name in ("name", "description", "variableMeasured") if not about.get(name))
    yield from (f"INVALID_SCHEMAORG_PROPERTY {name}" for name in about if name[0] != "@" and name not in OF_A_DATASET)
    for variable in about.get("variableMeasured", ()):
        yield from _property(variable)
    names = {variable.get("name") for variable in about.get("variableMeasured", ())}
    in_files = {column for path in _tables(folder) for column in _rows(path)[0]}
    yield from (f"VARIABLE_IN_NO_FILE {name}" for name in sorted(names - in_files))


def _property(about: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a PropertyValue and those that it refers to."""
    if about.get("@type") != "PropertyValue":
        yield f"OBJECT_TYPE_MISSING {about}"
    yield from (f"INVALID_SCHEMAORG_PROPERTY {name}" for name in about if name[0] != "@" and name not in OF_A_PROPERTY)
    for reference in about.get("valueReference", ()):
        yield from _property(reference)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True)) or [[]]


def _table(path: Path, folder: Path) -> Iterator[str]:
    name = path.relative_to(folder).as_posix()
    if not DATA_FILE.fullmatch(path.name):
        yield f"FILENAME_KEYWORD_FORMATTING_ERROR {name}"
    elif not {part.partition("-")[0] for part in path.stem.split("_")[:-1]} <= KEYWORDS:
        yield f"FILENAME_UNOFFICIAL_KEYWORD_WARNING {name}"
    header, *rows = _rows(path)
    if not header:
        yield f"CSV_HEADER_MISSING {name}"
    if len(set(header)) != len(header):
        yield f"CSV_HEADER_REPEATED {name}"
    if any(len(row) != len(header) for row in rows):
        yield f"CSV_HEADER_LENGTH_MISMATCH {name}"
    known = {variable.get("name") for variable in _read(folder).get("variableMeasured", ())}
    yield from (f"CSV_COLUMN_MISSING_FROM_METADATA {column} {name}" for column in header if column not in known)
    for unique in ("row_id", "response_id"):
        # The first is a rule of the standard, the second our README's promise.
        if unique in header and len({row[header.index(unique)] for row in rows}) != len(rows):
            yield f"ROWID_VALUES_NOT_UNIQUE {unique} {name}"
