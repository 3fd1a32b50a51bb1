"""The archive is a Psych-DS data set; the rules are those of `psychds_rules`, and each is seen to be broken once."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.contract.tables import RESPONSE_COLUMNS
from tests.webapp import made_up
from tests.webapp.standards.answered import STUDIES, answered
from tests.webapp.standards.archives import unpacked
from tests.webapp.standards.psychds_rules import problems
from webapp.studies.models import Response, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", STUDIES)
def test_archive_keeps_the_rules_and_holds_every_response(tmp_path: Path, name: str) -> None:
    study = answered(name, tmp_path)

    folder = unpacked(study, "psychds", tmp_path)

    label = study.name.replace("-", "")
    responses = rows_of(folder / f"data/study-{label}_description-responses_data.csv")
    sessions = rows_of(folder / f"data/study-{label}_description-sessions_data.csv")
    assert problems(folder) == []
    assert {row["response_id"] for row in responses} == {
        str(pk) for pk in Response.objects.filter(trial__session__study=study).values_list("id", flat=True)
    }
    assert [row["session_id"] for row in sessions] == list(dict.fromkeys(row["session_id"] for row in responses))
    assert json.loads((folder / "documentation/codebook.json").read_text())["study"] == study.name


def test_variables_are_the_columns_with_unit_and_meaning_of_levels(tmp_path: Path) -> None:
    folder = unpacked(made_up.study(), "psychds", tmp_path)

    variables = {
        variable["name"]: variable
        for variable in json.loads((folder / "dataset_description.json").read_text())["variableMeasured"]
    }

    assert list(variables) == list(RESPONSE_COLUMNS)
    assert variables["rt"]["unitText"] == "ms"
    assert [level["value"] for level in variables["confidence"]["valueReference"]] == ["1", "2", "3"]
    assert "valueReference" not in variables["rt"]
    assert "1: low" in variables["confidence"]["description"]


def test_study_without_answers_is_tables_of_headers(tmp_path: Path) -> None:
    folder = unpacked(made_up.study(), "psychds", tmp_path)

    assert problems(folder) == []
    assert sorted(len(path.read_text().splitlines()) for path in (folder / "data").iterdir()) == [1, 1]


@pytest.mark.parametrize("name", ["-", "_", "a-b_c-1", "0"])
def test_any_name_of_a_study_gives_names_of_files_that_the_standard_reads(tmp_path: Path, name: str) -> None:
    study = made_up.study()
    Study.objects.filter(id=study.id).update(name=name, title="Wörter, „Zeichen“ und 語\nzwei Zeilen")

    folder = unpacked(Study.objects.get(id=study.id), "psychds", tmp_path)

    assert problems(folder) == []


def _described(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "dataset_description.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def _rewritten(change: Callable[[str], str]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        (path,) = folder.glob("data/*responses*")
        path.write_text(change(path.read_text()))

    return rewrite


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        (_described(variableMeasured=[]), "JSON_KEY_REQUIRED variableMeasured"),
        (_described(description=""), "JSON_KEY_REQUIRED description"),
        (_described(**{"@type": "Thing"}), "INCORRECT_DATASET_TYPE"),
        (_described(**{"@context": "http://example.org"}), "INVALID_JSONLD_FORMATTING @context"),
        (_described(mood="good"), "INVALID_SCHEMAORG_PROPERTY mood"),
        (
            _described(variableMeasured=[{"@type": "PropertyValue", "valuePattern": "1|2"}]),
            "INVALID_SCHEMAORG_PROPERTY valuePattern",
        ),
        (_described(variableMeasured=[{"name": "rt"}]), "OBJECT_TYPE_MISSING"),
        (
            _rewritten(lambda text: text.replace("trial_kind", "kind_of_trial", 1)),
            "CSV_COLUMN_MISSING_FROM_METADATA kind_of_trial",
        ),
        (_rewritten(lambda text: text.replace("trial_kind", "kind_of_trial", 1)), "VARIABLE_IN_NO_FILE trial_kind"),
        (_rewritten(lambda text: text + "1,2\n"), "CSV_HEADER_LENGTH_MISMATCH"),
        (_rewritten(lambda text: text + ("x" + "," * 48 + "\n") * 2), "ROWID_VALUES_NOT_UNIQUE response_id"),
        (lambda folder: (folder / "dataset_description.json").rename(folder / "about.json"), "MISSING_DATASET_DESCRIPTION"),
        (lambda folder: (folder / "notes.txt").write_text("x"), "FILE_NOT_CHECKED notes.txt"),
        (lambda folder: (folder / "data/my data.csv").write_text("rt\n"), "FILENAME_KEYWORD_FORMATTING_ERROR data/my data.csv"),
    ],
)
def test_broken_rule_is_seen(tmp_path: Path, breaks: Callable[[Path], object], code: str) -> None:
    folder = unpacked(made_up.study(opened=False), "psychds", tmp_path)

    breaks(folder)

    assert any(re.match(re.escape(code), problem) for problem in problems(folder))
