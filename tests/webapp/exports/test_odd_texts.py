"""Texts that nobody expects come out of every format as they stand in the database, by every reader; dtypes stay as they are."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.webapp import made_up
from webapp.participants.models import Recruitment, Submission
from webapp.studies.exports import Selection, export
from webapp.studies.models import Condition, Response, Study, Trial, Unit

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ODD = (
    *('quoted "twice" ""', "two\r\nlines\nand\rmore", "commas, semicolons; tabs\t", "NA", "null", "NaN", "\\.", "\\N", "true"),
    *(
        "🙂 \U0001f469\u200d\U0001f52c",
        "\u202eright to left \u05e2",
        "\u2028\u0085\x0b\x0c\x1f",
        " blank ",
        "'",
        '"',
        "0012",
        "1e5",
    ),
    *("=cmd|' /C calc'!A0", "\tx", "\rx", "'=1", "-1", "@x", "\ufeffx", "ﷺ"),
)
HUGE = (1.7976931348623157e308, 5e-324, -1e-300, 0.1 + 0.2, 123456789.123456789)


def content(study: Study, *, form: str, **selected: Any) -> bytes:
    return b"".join(export(study, form=form, selection=Selection(**selected)))


@pytest.fixture
def odd() -> Study:
    """A study with a session whose trials have odd texts, and answers with odd numbers."""
    study = made_up.study(main_trials=len(ODD), catch_trials=0)
    session, _ = made_up.session(study, kind="bot")
    for number, trial in enumerate(session.trials.filter(kind="main").order_by("position")):
        Trial.objects.filter(id=trial.id).update(condition=ODD[number])
        Response.objects.create(trial=trial, **{**made_up.answer(), "rt": HUGE[number % len(HUGE)]})
    return study


def test_every_reader_finds_the_texts_of_the_database(odd: Study, tmp_path: Path) -> None:
    paths = {form: tmp_path / f"a.{form}" for form in ("csv", "jsonl", "parquet")}
    for form, path in paths.items():
        path.write_bytes(content(odd, form=form))
    plain = {"dtype": str, "keep_default_na": False, "na_values": [""]}

    read = {
        "csv": [row["trial_condition"] for row in csv.DictReader(io.StringIO(paths["csv"].read_bytes().decode(), newline=""))],
        "lines": [json.loads(line)["trial_condition"] for line in paths["jsonl"].read_bytes().split(b"\n")[:-1]],
        "pandas": list(pandas.read_csv(paths["csv"], **plain).trial_condition),
        "polars": polars.read_csv(paths["csv"], infer_schema=False)["trial_condition"].to_list(),
        "duckdb": [text for (text,) in duckdb.sql(f"SELECT trial_condition FROM '{paths['parquet']}'").fetchall()],
        "pandas of parquet": list(pandas.read_parquet(paths["parquet"]).trial_condition),
        "polars of parquet": polars.read_parquet(paths["parquet"])["trial_condition"].to_list(),
    }

    assert {name: texts for name, texts in read.items() if texts != list(ODD)} == {}


def test_numbers_come_out_to_the_last_bit(odd: Study) -> None:
    rows = csv.DictReader(io.StringIO(content(odd, form="csv").decode(), newline=""))
    table = parquet.read_table(pa.BufferReader(content(odd, form="parquet")))

    wanted = [repr(HUGE[number % len(HUGE)]) for number in range(len(ODD))]

    assert [repr(float(row["rt"])) for row in rows] == wanted
    assert list(map(repr, table["rt"].to_pylist())) == wanted


def test_columns_of_parquet_have_their_types_whether_or_not_anything_is_in_them(odd: Study) -> None:
    schemas = [
        parquet.read_schema(pa.BufferReader(content(study, form="parquet", **selected)))
        for study, selected in ((odd, {}), (odd, {"kind": ("live",)}), (made_up.study(), {}))
    ]

    assert schemas[0].remove_metadata() == schemas[1].remove_metadata() == schemas[2].remove_metadata()
    assert all(field.nullable for field in schemas[0])


def test_every_reader_finds_the_types_of_parquet_without_rows(tmp_path: Path) -> None:
    path, names = tmp_path / "none.parquet", ["choice", "correct", "confidence", "rt", "answered_at"]
    path.write_bytes(content(made_up.study(), form="parquet"))

    read = duckdb.sql(f"SELECT {', '.join(names)} FROM '{path}'")

    assert read.fetchall() == []
    assert [str(kind) for kind in read.types] == ["VARCHAR", "BOOLEAN", "INTEGER", "DOUBLE", "TIMESTAMP WITH TIME ZONE"]
    kinds = [polars.Categorical, polars.Boolean, polars.Int32, polars.Float64, polars.Datetime("us", "UTC")]
    assert list(polars.read_parquet(path)[names].schema.items()) == list(zip(names, kinds, strict=True))
    kinds = ["category", "bool", "int32", "float64", "datetime64[us, UTC]"]
    assert list(map(str, pandas.read_parquet(path)[names].dtypes)) == kinds


def test_row_groups_are_few_and_the_first_is_small(odd: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.studies.exports.text_rows.ROWS_AT_ONCE", 2)

    file = parquet.ParquetFile(pa.BufferReader(content(odd, form="parquet")))

    sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert sizes == [2, len(ODD) - 2]
    assert file.read(["trial_condition"])["trial_condition"].to_pylist() == list(ODD)


def test_no_text_of_a_spreadsheet_begins_like_a_formula(odd: Study) -> None:
    odd.recruitment = Recruitment.objects.create(recruiter="prolific", external_study_id="s1")
    odd.save()
    session = odd.sessions.get()
    ids = {"external_id": "=submission", "external_participant_id": "@person"}
    Submission.objects.create(recruitment=odd.recruitment, participant=session.participant, **ids)
    odd.sessions.update(language="=l", observer="\t=o")
    Condition.objects.filter(id=session.condition_id).update(name="+c")
    Unit.objects.filter(id=session.trials.first().unit_id).update(address="-a")
    Unit.objects.update(model="|m", layer="%l")
    Response.objects.update(flags="\tf", input="\ri", choice="@u")
    Study.objects.filter(id=odd.id).update(name="=s")

    study = Study.objects.get(id=odd.id)
    cells = content(study, form="csv", flavor="spreadsheet", ids="personal").decode()

    rows = list(csv.DictReader(io.StringIO(cells, newline="")))
    formulas = {
        name for row in rows for name, cell in row.items() if cell.startswith(("=", "+", "@", "|", "%", "\t", "\r", "-a"))
    }
    assert formulas == set()
    assert {(row["study"], row["condition"], row["choice"]) for row in rows} == {("'=s", "'+c", "'@u")}
    assert {(row["external_submission_id"], row["external_participant_id"]) for row in rows} == {("'=submission", "'@person")}
