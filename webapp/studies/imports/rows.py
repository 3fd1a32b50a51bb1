"""Reads a published table by a mapping: each row becomes an answer, or the error says which row and column is at fault."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from django.db.models import CharField, Model

from experiments.contract.designs import CONFIDENCES, RATING_RANGE, TrialKind
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from model_zoo.address import UnitAddress
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.models import Condition, Response, Trial, Unit

TRUTHS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
TRIAL_KINDS = [kind for kind in get_args(TrialKind) if kind != "example"]
COHORTS = ("crowd", "expert")
TEXTS = {"condition": (Condition, "name"), "trial_condition": (Trial, "condition"), "choice": (Response, "choice")}
"""Where the texts of a row go to."""


@dataclass(frozen=True, kw_only=True)
class ImportedAnswer:
    """One row of a published table in our words."""

    session: str
    condition: str
    """Empty where the row does not say it: then it is its session's."""
    trial_kind: str
    unit: UnitAddress
    correct: bool | None
    cohort: str = "crowd"
    passed_checks: bool | None = None
    task_index: int = 0
    trial_condition: str = ""
    block: int = 0
    batch: int = 0
    choice: str = ""
    confidence: int | None = None
    rating: int | None = None
    rt: float | None = None
    """ms; negative ones are kept."""

    @property
    def flags(self) -> str:
        """What is odd about it."""
        if self.rt is None:
            return "rt_missing"
        return "rt_negative" if self.rt < 0 else ""


def read_rows(content: bytes, mapping: ImportMapping) -> Iterator[ImportedAnswer]:
    """The answers of a CSV file, in its order.

    Raises:
        InputError: The file is no such table, lacks a column, or holds a value that does not fit.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _misfit("file", f"it is not UTF-8 text (byte {error.start})", "Save it as CSV in UTF-8") from error
    if "\0" in text:
        raise _misfit("file", f"it is no text: character {text.index(chr(0))} is zero", "Save it as CSV in UTF-8")
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [column for column in mapping.columns if column not in (rows.fieldnames or ())]
        if missing:
            found = ", ".join(rows.fieldnames or ()) or "none"
            message = f"the file has no column {', '.join(missing)}; it has: {found}"
            raise _misfit("mapping", message, "Give the mapping that belongs to this file")
        for row in rows:
            if None in row or None in row.values():
                raise _misfit("file", f"line {rows.line_num} has another number of cells than the first", "Get the whole file")
            yield _answer(row, mapping, line=rows.line_num)
    except csv.Error as error:
        raise _misfit("file", f"line {rows.line_num}: {error}", "Get the whole file, as CSV") from error


def _answer(row: Mapping[str, str], mapping: ImportMapping, *, line: int) -> ImportedAnswer:
    read: dict[str, Any] = {"session": " ".join(row[column] for column in mapping.session)}
    require(bool(read["session"].strip()), "session", f"line {line} names nobody", "Correct the file or the mapping")
    for name, rule in mapping.rules.items():
        try:
            read[name] = _read(name, rule.read(row), scale=rule.scale)
        except ValueError as error:
            # InputError says more than its message here needs.
            told = error.message if isinstance(error, InputError) else error
            remedy = f"Correct [fields.{name}] of the mapping, or the file"
            raise _misfit(name, f"line {line}, {', '.join(rule.columns) or 'constant'}: {told}", remedy) from error
    return ImportedAnswer(**read)


def _read(name: str, text: str, *, scale: float) -> Any:
    """The text as what the column holds; ValueError if it does not fit."""
    if name == "unit":
        return _unit(text)
    if name in ("correct", "passed_checks"):
        return TRUTHS[_among(text.lower(), TRUTHS)] if text else None
    if name == "rt":
        return _number(text, scale=scale) if text else None
    if name in ("confidence", "rating"):
        return _within(round(_number(text, scale=scale)), name) if text else None
    if name in ("task_index", "block", "batch"):
        number = round(_number(text, scale=1.0))
        if not 0 <= number < 2**15:
            raise ValueError(f"{number} is not between 0 and {2**15 - 1}")
        return number
    if name == "trial_kind":
        return _among(text, TRIAL_KINDS)
    return _among(text, COHORTS) if name == "cohort" else _fitting(text, *TEXTS[name])


def _unit(text: str) -> UnitAddress:
    address = UnitAddress.parse(text)
    for column, part in {"address": address, "model": address.model, "layer": address.layer}.items():
        _fitting(str(part), Unit, column)
    return address


def _fitting(text: str, model: type[Model], column: str) -> str:
    """The text, if its column can hold it: none is cut, since two could become one."""
    longest = cast("CharField[str, str]", model._meta.get_field(column)).max_length or 0
    if len(text) > longest:
        raise ValueError(f"{text!r} has {len(text)} characters, and there is room for {longest}")
    return text


def _number(text: str, *, scale: float) -> float:
    try:
        number = float(text) * scale
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not finite")
    return number


def _within(number: int, name: str) -> int:
    low, high = RATING_RANGE if name == "rating" else (CONFIDENCES[0], CONFIDENCES[-1])
    if not low <= number <= high:
        raise ValueError(f"{number} is not between {low} and {high}")
    return number


def _among(text: str, choices: Any) -> str:
    if text not in choices:
        raise ValueError(f"{text!r} is none of {', '.join(choices)}")
    return text


def _misfit(field: str, message: str, remedy: str) -> InputError:
    return InputError(field=field, message=message, remedy=remedy)
