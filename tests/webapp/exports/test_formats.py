"""Every format tells the same of the same rows, on PostgreSQL and SQLite; spreadsheets find no formulas in it."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tests.services import processes
from webapp.studies.exports import Selection, export, text_rows
from webapp.studies.exports.rows import BITS
from webapp.studies.exports.spreadsheet import defused, defused_sql
from webapp.studies.models import Response, Session, Study, Unit

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

FORMULAS = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "\nx", ' "=1"', "'=1", "\u00a0=1", "|cmd", "%0", "\uff1d1")
HARMLESS = ("", "a=b", "'", "layer.1:2", "ü-é", "1,5", "(=1)")
# As defusedcsv 2 publishes its rule: these beginnings are dangerous, but for numbers.
DEFUSEDCSV = ("@", "+", "-", "=", "|", "%")
NUMBER = re.compile(r"^-?[0-9,.]+$")
texts = st.one_of(st.text(max_size=8), st.text(alphabet="=+-@|%'\" \t\r\n\x0b\u00a0a1\uff1d", max_size=6)).map(
    lambda text: text.replace("\0", "")
)


def content(study: Study, *, form: str, **selected: Any) -> bytes:
    return b"".join(export(study, form=form, selection=Selection(**selected)))


def restored(cell: str) -> str:
    """The text that a cell was made from."""
    return cell[1:] if defused(cell[1:]) == cell else cell


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_all_formats_tell_the_same(study):
    lines = [json.loads(line) for line in content(study, form="jsonl").splitlines()]
    table = parquet.read_table(pa.BufferReader(content(study, form="parquet"))).to_pylist()
    cells = csv_rows(content(study, form="csv"))

    assert len(lines) == 12
    for line, row, typed in zip(lines, cells, table, strict=True):
        assert {name: type(value)(row[name]) if row[name] else None for name, value in line.items()} == line
        bits = {name: None if line[name] is None else bool(line[name]) for name in BITS}
        assert typed == {**line, **bits, "answered_at": datetime.fromisoformat(line["answered_at"])}


def test_parquet_is_typed_and_says_what_it_holds(study):
    file = parquet.ParquetFile(pa.BufferReader(content(study, form="parquet")))

    types = {name: str(file.schema_arrow.field(name).type) for name in ("response_id", "unit", "rt", "correct", "answered_at")}

    assert file.metadata.num_rows == 12
    assert file.metadata.metadata[b"study"] == study.name.encode()
    assert file.metadata.metadata[b"design_digest"] == study.design_digest.encode()
    assert file.metadata.metadata[b"rows"] == b"12"
    assert types == {
        "response_id": "string",
        "unit": "dictionary<values=string, indices=int32, ordered=0>",
        "rt": "double",
        "correct": "bool",
        "answered_at": "timestamp[us, tz=UTC]",
    }


def test_sessions_read_by_turns_are_all_of_them_once_in_the_same_order(study, monkeypatch):
    # Born in the same moment, so that the id alone tells which is first.
    Session.objects.update(created_at="2026-03-01T00:00Z")
    at_once = content(study, form="csv")

    monkeypatch.setattr(text_rows, "FIRST_SESSIONS", (1, 1))
    monkeypatch.setattr(text_rows, "SESSIONS_AT_ONCE", 2)

    assert content(study, form="csv") == at_once
    assert content(study, form="csv", kind=("bot",)).count(b"\n") == 1


def test_sqlite_tells_the_same_as_postgresql(study, tmp_path):
    dump, env = tmp_path / "dump.json", {"SECRET_KEY": "only-for-tests", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    Response.objects.filter(trial__session=study.sessions.first()).update(
        choice="", rt=0.1 + 0.2, answered_at="2026-03-01T00:00Z"
    )
    Session.objects.filter(id=study.sessions.first().id).update(observer='a\rb\nc"d",e\r\n')
    call_command("dumpdata", "participants", "studies", output=str(dump))
    code = f"""
from pathlib import Path
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("loaddata", {str(dump)!r}, verbosity=0)
from django.db import OperationalError
from webapp.studies.exports import export
from webapp.studies.models import Study
pieces = export(Study.objects.get(name={study.name!r}), form="csv")
next(pieces)
try:
    Study.objects.update(title="changed")
except OperationalError:
    pieces.close()
else:
    raise AssertionError("a write during an export was taken, and would be rolled back")
Study.objects.update(title="changed again")
for form in ("csv", "parquet", "psychds"):
    call_command("export_responses", study={study.name!r}, format=form, out=Path({str(tmp_path)!r}, "a." + form))
"""
    processes.run_manage("shell", "--verbosity", "0", "--command", code, env=env)

    ours = parquet.read_table(pa.BufferReader(content(study, form="parquet")))
    assert connection.vendor == "postgresql"
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == ours.to_pylist()
    assert [*map(_texts, csv_rows((tmp_path / "a.csv").read_bytes()))] == [*map(_texts, csv_rows(content(study, form="csv")))]
    with zipfile.ZipFile(tmp_path / "a.psychds") as theirs, zipfile.ZipFile(io.BytesIO(content(study, form="psychds"))) as zipped:
        (table,) = (name for name in zipped.namelist() if name.endswith("sessions_data.csv"))
        assert csv_rows(theirs.read(table)) == csv_rows(zipped.read(table))


def _texts(row: dict[str, str]) -> dict[str, Any]:
    """Numbers as numbers: Python writes 1000.0 where PostgreSQL writes 1000."""
    return {name: float(cell) if re.fullmatch(r"-?[0-9.]+(e[+-]?\d+)?", cell) else cell for name, cell in row.items()}


@pytest.mark.unit
@given(texts)
def test_cell_is_no_formula_and_gives_its_text_back(text):
    cell = defused(text)

    assert restored(cell) == text
    assert cell in (text, "'" + text)
    if (text.startswith(DEFUSEDCSV) and not NUMBER.match(text)) or text.startswith(("\t", "\r")):
        assert cell == "'" + text
    if text.lstrip(" \t\r\n\x0b\x0c\u00a0'\"").startswith(("=", "+", "-", "@")):
        assert cell == "'" + text


def test_postgresql_defuses_as_python_does():
    asked = [*FORMULAS, *HARMLESS]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {defused_sql('cell')} FROM unnest(%s::text[]) WITH ORDINALITY AS t (cell, n) ORDER BY n", [asked])
        cells = [cell for (cell,) in cursor]

    assert cells == [defused(text) for text in asked] == [*("'" + text for text in FORMULAS), *HARMLESS]


def test_spreadsheet_flavor_defuses_texts_and_nothing_else(study):
    Response.objects.update(rt=-5.5, rating=-7)
    Session.objects.update(observer="=HYPERLINK(1)")
    Unit.objects.update(layer='"\t@x\n')

    raw, sheet = (csv_rows(content(study, form="csv", flavor=flavor)) for flavor in ("raw", "spreadsheet"))

    assert {row["observer"] for row in sheet} == {"'=HYPERLINK(1)"}
    assert {row["layer"] for row in sheet} == {"'\"\t@x\n"}
    assert {(row["rt"], row["rating"]) for row in sheet} == {("-5.5", "-7")}
    assert [{name: restored(cell) for name, cell in row.items()} for row in sheet] == raw


def test_pyarrow_is_not_loaded_until_parquet_is_asked_for():
    program = "import sys, django; django.setup(); import webapp.urls; sys.exit('pyarrow' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=Path(processes.CHECKOUT)).returncode == 0
