"""Reads a table of responses into a data frame and refuses what the columns do not promise. Called by `responses`."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from experiments.contract.errors import InputError

NEEDED = ("session_id", "session_kind", "session_state", "condition", "trial_kind", "unit", "correct")
# Further columns that are read where the table has them, and what stands for each of their empty fields.
OPTIONAL: Mapping[str, str] = {
    **{"response_id": "", "cohort": "crowd", "observer": "", "passed_checks": "", "trial_id": "", "trial_index": ""},
    **{"trial_condition": "", "block": "", "repeat_of": "", "model": "", "layer": "", "batch": "", "choice": "", "image": ""},
    **{"correct_choice": "", "confidence": "", "rating": "", "rt": "", "flags": "", "relative_difference": ""},
    **{"baseline_center": "", "baseline_variance": "", "baseline_saliency": ""},
}
# Columns of numbers, and what they may be; the others may be any number.
NUMBERS: Mapping[str, Sequence[float]] = {
    **{"correct": (0, 1), "passed_checks": (0, 1), "confidence": (1, 2, 3), "rating": (), "rt": (), "relative_difference": ()},
    **{"batch": (), "block": (), "trial_index": ()},
}
# Columns of words, and the words there are.
WORDS: Mapping[str, Sequence[str]] = {
    "trial_kind": ("example", "practice", "main", "catch", "repeat", "rating"),
    "cohort": ("crowd", "expert"),
}
OF_SESSION = ("session_kind", "session_state", "cohort", "observer", "passed_checks")
RT_FLAGS = ("rt_missing", "rt_negative", "rt_impossible", "clock_jump")
ADDRESS = re.compile(r"(?P<model>[^/]+)/(?P<layer>.+):[^:]*")


def read_rows(table: bytes) -> pd.DataFrame:
    """All responses, in the order of the table, the columns that are used in their types.

    Absent columns are filled in; `model` and `layer` come from the unit's address where they are empty, `trial_condition`
    from `condition`; `rt_s` is the time in s where it was measured well, else NaN.

    Raises:
        InputError: A column is missing, a value is not what the column promises, or a response or session contradicts itself.
    """
    return _derived(_checked(pd.DataFrame(_read(table), dtype=object)))


def _read(table: bytes) -> dict[str, list[str]]:
    """The columns that are used, as text."""
    try:
        reader = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
        _require_columns(header)
        places = {name: header.index(name) for name in (*NEEDED, *OPTIONAL) if name in header}
        rows = list(_complete(reader, len(header)))
    except (ValueError, csv.Error) as error:
        if isinstance(error, InputError):
            raise
        raise _bad(f"it cannot be read as CSV: {error}") from error
    return {name: [row[place] for row in rows] for name, place in places.items()}


def _require_columns(header: Sequence[str]) -> None:
    missing = [column for column in NEEDED if column not in header]
    if missing:
        raise _bad(f"it has no column {', '.join(missing)}", "Give a table as the export writes it")
    if len(set(header)) < len(header):
        raise _bad("it has two columns of one name", "Give a table as the export writes it")


def _complete(reader: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for number, row in enumerate(reader, start=1):
        if len(row) != width:
            raise _bad(f"response {number} has {len(row)} fields instead of {width}")
        yield row


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns in their types, the absent ones filled in."""
    for name, filler in OPTIONAL.items():
        rows[name] = rows[name].where(rows[name] != "", filler) if name in rows else filler
    for name, allowed in NUMBERS.items():
        rows[name] = _numbers(rows, name, allowed)
    for name, words in WORDS.items():
        _require_all(rows, name, rows[name].isin(words))
    _require_all(rows, "session_id", rows["session_id"] != "")
    _require_all(rows, "rating", rows["rating"].isna() | rows["rating"].between(-100, 100))
    _require_all(rows, "response_id", (rows["response_id"] == "") | ~rows["response_id"].duplicated())
    told = (rows["choice"] != "") & (rows["correct_choice"] != "") & rows["correct"].notna()
    _require_all(rows, "correct", ~told | ((rows["choice"] == rows["correct_choice"]) == (rows["correct"] == 1)))
    for name in OF_SESSION:
        of_session = rows.drop_duplicates("session_id").set_index("session_id")[name].reindex(rows["session_id"]).to_numpy()
        same = (rows[name].to_numpy() == of_session) | (pd.isna(rows[name]).to_numpy() & pd.isna(of_session))
        _require_all(rows, name, pd.Series(same, index=rows.index))
    return rows


def _numbers(rows: pd.DataFrame, name: str, allowed: Sequence[float]) -> pd.Series:
    read = pd.to_numeric(rows[name], errors="coerce").astype(float)
    empty = rows[name] == ""
    _require_all(rows, name, empty | (read.isin(allowed) if allowed else np.isfinite(read)))
    return read


def _require_all(rows: pd.DataFrame, name: str, fit: pd.Series) -> None:
    if not fit.all():
        number = int(np.flatnonzero(~fit.to_numpy())[0])
        message = f"it cannot be read after {number} responses: {rows[name].iloc[number]!r} in column {name} does not fit"
        raise _bad(message)


def _derived(rows: pd.DataFrame) -> pd.DataFrame:
    """What follows from the columns: condition of the trial, model and layer, seconds of well measured times."""
    rows["trial_condition"] = rows["trial_condition"].where(rows["trial_condition"] != "", rows["condition"])
    parts = {unit: ADDRESS.fullmatch(unit) for unit in rows["unit"].unique()}
    for name in ("model", "layer"):
        named = rows["unit"].map({unit: match[name] if match else "unknown" for unit, match in parts.items()})
        rows[name] = rows[name].where(rows[name] != "", named)
    spoilt = rows["flags"].map({flags: bool(set(flags.split()) & set(RT_FLAGS)) for flags in rows["flags"].unique()})
    rows["rt_s"] = (rows["rt"] / 1000).where((rows["rt"] > 0) & ~spoilt.astype(bool))
    return rows


def _bad(message: str, remedy: str = "Export it again") -> InputError:
    return InputError(field="table", message=message, remedy=remedy)
