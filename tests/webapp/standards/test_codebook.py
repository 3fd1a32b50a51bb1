"""The codebook says of every column what it holds, and everything that is exported is as it says."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from experiments.contract.designs import CHOICES, CONFIDENCES, LANGUAGES, RATING_RANGE, TrialKind
from experiments.contract.tables import RESPONSE_COLUMNS, Column, ValueType
from tests.webapp import made_up
from tests.webapp.standards.answered import STUDIES, answered
from webapp.participants.models import Participant
from webapp.studies.exports import export
from webapp.studies.exports.codebook.entries import codebook
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.text_rows import column_kinds
from webapp.studies.models import Session
from webapp.studies.participant.bodies import AnswerSerializer
from webapp.studies.services.response import oddities

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
AS_STORED = {
    **{name: (name,) for name in ("id", "time", "integer")},
    "text": ("text", "words"),
    "double": ("number",),
    "bit": ("flag",),
}
WHAT_FITS: Mapping[str, Callable[[Any], bool]] = {
    "id": lambda value: str(UUID(value)) == value,
    "text": lambda value: isinstance(value, str),
    "words": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    # JSON has one kind of number, and 3.0 may come as 3.
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "flag": lambda value: value in (0, 1),
    "time": lambda value: datetime.fromisoformat(value).utcoffset() is not None,
}


def misfit(value: Any, column: Column) -> str:
    """What is wrong with an exported value; empty: nothing."""
    if value is None:
        return "" if column.missing else "it is empty"
    if not WHAT_FITS[column.type](value):
        return f"it is no {column.type}"
    words = str(value).split() if column.type == "words" else [str(value)]
    if column.levels and not set(words) <= set(column.levels):
        return "it is none of the levels"
    inside = (column.low is None or value >= column.low) and (column.high is None or value <= column.high)
    return "" if inside else "it is out of range"


def test_every_column_is_described() -> None:
    for name, column in RESPONSE_COLUMNS.items():
        assert len(column.description) > 10, name
        assert column.type in get_args(ValueType), name
        assert all(column.levels.values()), name
        assert column.levels or column.type not in ("flag", "words"), name


def test_exported_values_of_every_task_are_what_the_codebook_says(tmp_path: Path) -> None:
    filled = set()
    for of in STUDIES:
        study = answered(of, tmp_path)
        entries = {entry.name: entry.column for entry in codebook(study)}
        rows = [json.loads(line) for line in b"".join(export(study, form="jsonl")).splitlines()]
        told = {(of, name, value, misfit(value, entries[name])) for row in rows for name, value in row.items()}
        assert len(rows) > 10
        assert {finding for finding in told if finding[-1]} == set()
        filled |= {name for row in rows for name, value in row.items() if value is not None}

    # In the made-up images both patches are as salient.
    assert set(RESPONSE_COLUMNS) - filled == {"baseline_saliency"}


def test_words_of_the_columns_are_those_of_the_contract_and_the_models() -> None:
    levels = {name: set(column.levels) for name, column in RESPONSE_COLUMNS.items()}

    assert levels["session_kind"] == set(Participant.Kind.values)
    assert levels["cohort"] == set(Session.Cohort.values)
    assert levels["session_state"] == set(Session.State.values) - {"withdrawn"}
    assert levels["trial_kind"] == set(get_args(TrialKind)) - {"example"}
    assert levels["choice"] == levels["correct_choice"] == set(chain(*CHOICES.values()))
    assert levels["confidence"] == {str(number) for number in CONFIDENCES}
    assert levels["language"] == set(LANGUAGES)
    assert levels["input"] == set(AnswerSerializer().fields["input"].choices)
    assert (RESPONSE_COLUMNS["rating"].low, RESPONSE_COLUMNS["rating"].high) == RATING_RANGE
    odd = made_up.answer(rt=1.0) | {"event_time": 0.0}
    assert set(oddities(Session(kind="live"), odd)) | {"rt_missing", "rt_negative"} == levels["flags"]


def test_source_of_each_column_is_a_field_that_agrees() -> None:
    study = made_up.study()
    kinds = column_kinds(study, Selection())
    for entry in codebook(study):
        model, name = re.sub(r"\[.*", "", entry.source).split(".")
        found = apps.get_model("studies", model)
        assert entry.column.type in AS_STORED[kinds[entry.name]], entry
        if name == "design_digest":
            continue
        field = found._meta.get_field(name)
        assert not field.null or entry.column.missing, entry
        if field.choices:
            assert {value for value, _ in field.choices} >= set(entry.column.levels) > set(), entry


def test_levels_are_those_of_the_study() -> None:
    study = made_up.study("zimmermann2021_causal", conditions=["natural", "none"])

    levels = {entry.name: list(entry.column.levels) for entry in codebook(study)}

    assert levels["choice"] == levels["correct_choice"] == ["left", "right"]
    assert levels["condition"] == ["natural", "none"]
    assert levels["language"] == ["en"]


def test_codebook_is_the_same_by_rest_command_and_page(researcher: Client, tmp_path: Path) -> None:
    study = made_up.study()

    body = researcher.get(f"/api/v1/studies/{study.id}/codebook").json()
    files = {form: tmp_path / f"codebook.{form}" for form in ("json", "csv", "md")}
    for form, path in files.items():
        call_command("export_codebook", study=study.name, format=form, out=path)
    page = researcher.get(f"/studies/{study.id}/codebook/").content.decode()

    names = list(RESPONSE_COLUMNS)
    assert [column["name"] for column in body["columns"]] == names
    assert json.loads(files["json"].read_text()) == body
    assert [row["name"] for row in csv.DictReader(files["csv"].open())] == names
    assert re.findall(r"^\| (\w+) \|", files["md"].read_text(), re.MULTILINE)[1:] == names
    assert re.findall(r'<th scope="row"><code>(\w+)</code>', page) == names


def test_codebook_is_for_those_who_may_see_studies(reader: Client) -> None:
    study = made_up.study()

    assert reader.get(f"/studies/{study.id}/codebook/").status_code == 403
    assert Client().get(f"/api/v1/studies/{study.id}/codebook").status_code == 401
    assert Client().get(f"/studies/{study.id}/codebook/").status_code == 302


def test_codebook_in_an_unknown_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, out = made_up.study(), tmp_path / "codebook"

    with pytest.raises(SystemExit):
        call_command("export_codebook", study=study.name, format="pdf", out=out)

    assert "format" in capsys.readouterr().err
    assert not out.exists()
