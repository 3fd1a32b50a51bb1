"""Published tables come in whole or not at all, and the export gives back what they said."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from experiments.contract.errors import InputError
from tests.webapp import published_tables
from webapp.participants.consent import default_consent
from webapp.participants.models import Participant
from webapp.studies.exports import export
from webapp.studies.imports.mapping import SHIPPED, FieldRule, ImportMapping
from webapp.studies.imports.services import study_import
from webapp.studies.models import Response, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
SCALE = "zimmermann2023_released"
Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Study]:
    def import_rows(rows: Rows | bytes, *, mapping: str = SCALE, name: str = "published") -> Study:
        path = tmp_path / "published.csv"
        path.write_bytes(rows if isinstance(rows, bytes) else published_tables.as_csv(rows).encode())
        return study_import(path, mapping=ImportMapping.load(mapping), name=name, report=lambda _: None)

    return import_rows


def exported(study: Study) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(export(study, form="csv")).decode())))


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_shipped_mappings_can_be_understood(name: str) -> None:
    assert ImportMapping.load(name).columns


def test_released_table_of_the_scale_study_comes_back_from_the_export(imported: Callable[..., Study]) -> None:
    rows = published_tables.scale_released()

    study = imported(rows)

    got = exported(study)
    assert study.state == Study.State.IMPORTED
    assert [(row["condition"], row["trial_kind"]) for row in got[:6]] == [
        ("synthetic", kind) for kind in ("practice", "main", "main", "main", "main", "catch")
    ]
    assert {row["condition"] for row in got} == {"synthetic", "natural_hard"}
    assert [float(row["rt"]) for row in got] == [pytest.approx(row["rt"]) for row in rows]
    assert [row["correct"] for row in got] == [str(int(row["correct"])) for row in rows]
    assert [row["confidence"] for row in got] == [str(row["confidence"]) for row in rows]
    assert [row["choice"] == row["correct_choice"] for row in got] == [row["correct"] for row in rows]
    assert got[1]["unit"] == "clip-resnet50/layer4_2_conv3:18"
    assert got[7]["unit"] == "resnet50/layer4_2_conv3:18"
    assert [row["passed_checks"] for row in got] == [str(int(row["passed_checks"])) for row in rows]
    assert "P0001" not in "".join(str(row) for row in got)


def test_laboratory_table_comes_back_from_the_export(imported: Callable[..., Study]) -> None:
    rows = published_tables.laboratory()

    got = exported(imported(rows, mapping="borowski2021_laboratory"))

    assert [float(row["rt"]) for row in got] == [pytest.approx(1000 * row["RT"]) for row in rows]
    assert [row["trial_condition"] for row in got[:3]] == ["none", "natural", "synthetic"]
    assert [row["choice"] for row in got] == ["upper" if row["conf_rating"] < 0 else "lower" for row in rows]
    assert [row["confidence"] for row in got] == [str(abs(row["conf_rating"])) for row in rows]
    assert {row["trial_kind"] for row in got} == {"practice", "main", "catch"}
    assert len({row["session_id"] for row in got}) == 2


def test_odd_times_are_kept_and_flagged(imported: Callable[..., Study]) -> None:
    rows = published_tables.scale_released(participants=1, trials=4)
    for row, rt in zip(rows, ("-12.5", "", "nan", "0"), strict=True):
        row["rt"] = rt

    got = exported(imported(rows))

    assert [(row["rt"], row["flags"]) for row in got] == [
        ("-12.5", "rt_negative"), ("", "rt_missing"), ("", "rt_missing"), ("0", ""),
    ]  # fmt: skip


def test_imported_study_takes_no_participants(imported: Callable[..., Study], client: Any) -> None:
    study = imported(published_tables.scale_released())

    page = client.get(f"/p/{study.id}/")

    assert page.status_code == 404
    assert "not open" in page.content.decode()


def without(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def changed(place: int, **values: Any) -> list[dict[str, Any]]:
    rows = published_tables.scale_released()
    rows[place].update(values)
    return rows


GOOD = published_tables.as_csv(published_tables.scale_released()).encode()
MISFITS: dict[str, tuple[Rows | bytes, str, str]] = {
    "no such column": (without(published_tables.scale_released(), "confidence"), "mapping", "no column confidence"),
    "confidence too high": (changed(2, confidence=7), "confidence", "line 4"),
    "words for a number": (changed(2, rt="slow"), "rt", "line 4"),
    "infinite time": (changed(2, rt="inf"), "rt", "not finite"),
    "unknown truth": (changed(2, correct="maybe"), "correct", "line 4"),
    "unknown choice": (changed(2, choice="c"), "choice", "'c'"),
    "two conditions": (changed(2, mode="natural"), "condition", "conditions"),
    "no condition": (changed(2, mode="sketched"), "", ""),
    "address that cannot be": (changed(2, layer="layer 4"), "unit", "line 4"),
    "nobody": (changed(2, participant_id="", task_id=""), "session", "line 4"),
    "half a line": (GOOD[:-30], "file", "line 19"),
    "no rows": (GOOD.partition(b"\r\n")[0], "file", "no rows"),
    "nothing": (b"", "mapping", "no column"),
    "no text": (b"\xff\xfe\x00", "file", "UTF-8"),
    "an open quote": (GOOD + b'"', "file", "line"),
    "a cell too many": (GOOD.replace(b"\r\n", b",more\r\n").replace(b",more", b"", 1), "file", "line 2"),
    "ten thousand cells": (GOOD + b"," * 10_000 + b"\r\n", "file", "line 20"),
    "a cell without end": (GOOD + b"x" * 2_000_000, "file", "field larger than field limit"),
    "another encoding": (GOOD.replace(b"P0001", "Zoë".encode("utf-16")), "file", "UTF-8"),
    "a zero byte": (GOOD.replace(b"P0001", b"P\x00", 1), "file", "zero"),
    "a file that was cut": (GOOD[: len(GOOD) // 2 - 3], "file", "line"),
}


@pytest.mark.parametrize("case", [case for case in MISFITS if case != "no condition"])
def test_table_that_does_not_fit_changes_nothing(case: str, imported: Callable[..., Study]) -> None:
    rows, field, told = MISFITS[case]

    with pytest.raises(InputError) as caught:
        imported(rows)

    assert caught.value.field == field
    assert told in caught.value.message
    assert (Study.objects.count(), Participant.objects.count(), Response.objects.count()) == (0, 0, 0)


MINE = """
paper = "zimmermann2023_scale"
session = ["person"]
[fields]
condition.template = "{condition}"
trial_kind.template = "main"
unit.template = "{unit}"
correct = {template = "{correct}", missing = ""}
choice = {template = "{choice}", missing = ""}
rt = {template = "{rt}", scale = 1000, missing = ""}
"""


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"condition": "c" * 40 + "1"}, "condition", "line 2, condition: 'c"),
        ({"rt": "1e308"}, "rt", "not finite"),
        ({"choice": "c" * 11, "correct": ""}, "choice", "room for 10"),
        ({"unit": f"{'m' * 101}/layer:0"}, "unit", "room for 100"),
        ({"unit": f"{'m' * 99}/{'l' * 99}:{'1' * 9}"}, "unit", "room for 200"),
    ],
)
def test_value_that_has_no_room_in_its_column_is_refused(
    values: dict[str, str], field: str, told: str, imported: Callable[..., Study], tmp_path: Path
) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text(MINE)
    row = {"person": "1", "condition": "natural", "unit": "model/layer:0", "correct": "1", "choice": "", "rt": "", **values}

    with pytest.raises(InputError) as caught:
        imported([row], mapping=str(mapping))

    assert caught.value.field == field
    assert told in caught.value.message
    assert not Study.objects.exists()


def test_row_without_condition_has_that_of_its_session(imported: Callable[..., Study]) -> None:
    got = exported(imported(changed(2, mode="sketched")))

    assert got[2]["condition"] == "synthetic"


@pytest.mark.parametrize(
    ("toml", "field"),
    [
        ("", "paper"),
        ("paper = 'nobody1999_nothing'\nsession = ['a']", "paper"),
        ("paper = 'zimmermann2023_scale'\nsession = []", "session"),
        ("paper = 'zimmermann2023_scale'\nsession = ['a']", "condition"),
        ("paper = 'zimmermann2023_scale'\nsession = ['a']\n[fields.shoe]\ntemplate='x'", "shoe"),
        ("paper = [", "mapping"),
    ],
)
def test_mapping_that_cannot_be_is_refused(toml: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml)

    with pytest.raises(InputError) as caught:
        ImportMapping.load(str(path))

    assert caught.value.field == field


def test_mapping_with_a_bad_pattern_is_refused_before_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((SHIPPED / f"{SCALE}.toml").read_text().replace('["a|0", "upper"]', '["(a", "upper"]'))

    with pytest.raises(InputError) as caught:
        ImportMapping.load(str(path))

    assert caught.value.field == "mapping"


def test_name_that_is_taken_is_refused(imported: Callable[..., Study]) -> None:
    imported(published_tables.scale_released())

    with pytest.raises(InputError) as caught:
        imported(published_tables.scale_released())

    assert caught.value.field == "name"
    assert Study.objects.count() == 1


def test_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "responses_main.csv"
    path.write_text(published_tables.as_csv(published_tables.scale_released()))

    call_command("import_responses", str(path), mapping=SCALE)

    assert "responses_main: 18 responses of 3 sessions" in capsys.readouterr().out


@given(text=st.text(max_size=30))
def test_braces_and_backslashes_in_a_cell_are_only_text(text: str) -> None:
    rule = FieldRule(template="{a}|{b}", missing="")

    assert rule.read({"a": "{b}\\1", "b": text}) == "{b}\\1|" + text.strip()


def test_new_studies_ask_for_consent_as_before(imported: Callable[..., Study]) -> None:
    before = default_consent()

    imported(published_tables.scale_released())

    assert default_consent() == before
