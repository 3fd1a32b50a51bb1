"""From the first release to this one and back: no row is lost on the way, and old answers are exported as new ones are."""

import json
import sys
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.services import processes
from tests.webapp.operation.first_release import APPS, SESSIONS, TRIALS

pytestmark = pytest.mark.integration
RENAMED = {"index": "task_index"}
"""Fields of the first release that are called otherwise now."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def travelled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp(request.param)
    url = f"sqlite:///{folder}/db.sqlite3" if request.param == "sqlite" else request.getfixturevalue("new_database")()
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": url, "ARTIFACT_URL": str(folder / "artifacts")}
    code = f"from tests.webapp.operation import first_release; first_release.travel({str(folder / 'facts.json')!r})"
    processes.run_manage("shell", "--no-imports", "--command", code, env=env)
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return facts


def test_no_row_of_the_first_release_is_lost(travelled: dict[str, Any]) -> None:
    before, back = travelled["before"], travelled["back"]

    assert len(before["studies.Response"]) == SESSIONS * TRIALS
    assert all(rows for model, rows in before.items() if not model.startswith("runs."))
    assert travelled["after"].keys() == before.keys()
    for model, rows in before.items():
        kept = [{name: value for name, value in row.items() if name not in RENAMED} for row in rows]
        assert travelled["after"][model] == kept
        assert back[model] == rows


def test_answers_of_the_first_release_are_exported(travelled: dict[str, Any]) -> None:
    rows = travelled["exported"]

    assert [(row["trial_index"], row["choice"], float(row["rt"])) for row in rows] == [
        (str(position), "upper", 1234.5 + position) for _ in range(SESSIONS) for position in range(TRIALS)
    ]
    assert {row["trial_condition"] for row in rows} == {"natural"}
    assert {row["task_index"] for row in rows} == {str(number) for number in range(SESSIONS)}
    assert {row["unit"] for row in rows} == {"efficientnet_lite0.in1k/_blocks.3:1"}
    assert travelled["exported_again"] == rows


@pytest.mark.django_db
def test_every_migration_can_be_taken_back_or_says_why_not() -> None:
    ours = [migration for migration in MigrationLoader(connection).disk_migrations.values() if migration.app_label in APPS]

    stuck = [migration for migration in ours if not all(operation.reversible for operation in migration.operations)]

    assert len(ours) > 10
    assert [
        str(migration) for migration in stuck if "not reversible" not in (sys.modules[migration.__module__].__doc__ or "")
    ] == []
