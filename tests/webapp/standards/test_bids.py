"""The archive is a BIDS data set: the standard's own validator finds no error, and only warnings that we explain."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from experiments.contract.tables import RESPONSE_COLUMNS
from tests.webapp import made_up
from tests.webapp.standards.answered import STUDIES, answered
from tests.webapp.standards.archives import unpacked
from webapp.studies.exports import export
from webapp.studies.models import Session, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
VALIDATOR = Path(sys.executable).with_name("bids-validator-deno")
EXPLAINED = {
    *("TOO_FEW_AUTHORS", "NO_AUTHORS Authors", "JSON_KEY_RECOMMENDED License"),
    *("JSON_KEY_RECOMMENDED HEDVersion", "JSON_KEY_RECOMMENDED SourceDatasets"),
    *(f"SIDECAR_KEY_RECOMMENDED {name}" for name in ("CogAtlasID", "CogPOID", "Instructions")),
    *(f"SIDECAR_KEY_RECOMMENDED Institution{name}" for name in ("Name", "Address", "alDepartmentName")),
}
"""Warnings that docs/export.md lists: about what unitscope does not know."""


def findings(folder: Path) -> tuple[set[str], set[str]]:
    """The codes of the errors and of the warnings that the validator has for a data set."""
    command = [VALIDATOR, "--format", "json", "--max-rows", "-1", str(folder)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=600).stdout)
    found: dict[str, set[str]] = {"error": set(), "warning": set()}
    for issue in said["issues"]["issues"]:
        found[issue["severity"]].add(" ".join(filter(None, (issue["code"], issue.get("subCode")))))
    return found["error"], found["warning"]


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def by_id(rows: Iterable[Mapping[str, Any]], missing: str | None) -> dict[str, list[str | float | None]]:
    """The values of each response, whatever a number looks like and whatever stands for nothing."""
    return {row["response_id"]: [value_of(name, row[name], missing) for name in RESPONSE_COLUMNS] for row in rows}


def value_of(name: str, value: Any, missing: str | None) -> str | float | None:
    if value == missing:
        return None
    return float(value) if RESPONSE_COLUMNS[name].type in ("number", "integer", "flag") else str(value)


@pytest.mark.parametrize("name", STUDIES)
def test_validator_finds_no_error_and_nothing_unexplained(tmp_path: Path, name: str) -> None:
    folder = unpacked(answered(name, tmp_path), "bids", tmp_path)

    errors, warnings = findings(folder)

    assert errors == set()
    assert warnings <= EXPLAINED


@pytest.mark.parametrize("name", ["mayilvahanan2025_domains", "borowski2021_exemplary"])
def test_tables_say_what_the_export_says(tmp_path: Path, name: str) -> None:
    study = answered(name, tmp_path)

    folder = unpacked(study, "bids", tmp_path)

    read = [row for path in sorted(folder.glob("sub-*/beh/*_beh.tsv")) for row in rows_of(path)]
    lines = [json.loads(line) for line in b"".join(export(study, form="jsonl")).splitlines()]
    assert by_id(read, "n/a") == by_id(lines, None)
    participants = list(rows_of(folder / "participants.tsv"))
    assert [row["participant_id"] for row in participants] == [
        f"sub-{row['session_id'].replace('-', '')}" for row in participants
    ]
    assert {row["session_id"] for row in participants} == {line["session_id"] for line in lines}
    assert {row["observer"] for row in participants} == {"n/a", "lapsing 30 %, naïve"}


def test_sidecar_describes_each_column_with_unit_and_levels(tmp_path: Path) -> None:
    folder = unpacked(answered("zimmermann2023_scale", tmp_path), "bids", tmp_path)

    sidecar: dict[str, Any] = json.loads((folder / "task-twoafc_beh.json").read_text())
    about_people = json.loads((folder / "participants.json").read_text())

    assert [name for name in sidecar if name in RESPONSE_COLUMNS] == list(RESPONSE_COLUMNS)
    assert sidecar["rt"]["Units"] == "ms"
    assert sidecar["choice"]["Levels"] == {"upper": "the upper image", "lower": "the lower image"}
    assert sidecar["trial_kind"]["Levels"].keys() == RESPONSE_COLUMNS["trial_kind"].levels.keys()
    assert list(about_people) == list(next(rows_of(folder / "participants.tsv")))


def test_study_without_answers_is_a_data_set_without_subjects(tmp_path: Path) -> None:
    folder = unpacked(made_up.study(), "bids", tmp_path)

    assert findings(folder)[0] == set()
    assert sorted(path.name for path in folder.iterdir()) == ["CHANGES", "README.md", "dataset_description.json"]


def test_tabs_line_ends_and_foreign_scripts_in_texts_leave_the_tables_whole(tmp_path: Path) -> None:
    study = answered("zimmermann2023_scale", tmp_path)
    Session.objects.filter(study=study).update(observer="a\tb\r\nc 語 =1+1")
    Study.objects.filter(id=study.id).update(title="語, „Zeichen“\tund\nzwei Zeilen")

    folder = unpacked(Study.objects.get(id=study.id), "bids", tmp_path)

    assert findings(folder)[0] == set()
    assert {row["observer"] for row in rows_of(folder / "participants.tsv")} == {"a b  c 語 =1+1"}


def test_validator_sees_a_subject_that_nobody_lists(tmp_path: Path) -> None:
    folder = unpacked(answered("zimmermann2023_scale", tmp_path), "bids", tmp_path)
    participants = folder / "participants.tsv"
    participants.write_text("".join(participants.read_text().splitlines(keepends=True)[:-1]))

    assert findings(folder)[0] == {"PARTICIPANT_ID_MISMATCH"}
