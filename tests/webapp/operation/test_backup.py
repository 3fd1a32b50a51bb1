"""A backup while people answer, and its restore: the same bytes come out, what was erased stays erased, damage is told."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from experiments.contract.errors import InputError
from tests.services import processes
from tests.services.processes import CHECKOUT
from webapp.operation.backup import backup_make, backup_read, backup_restore
from webapp.operation.dumps import dump_postgres

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def rehearsed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[[], str]]:
    """A folder with a backup of the kind of database, and a function that gives the URL of an empty one."""
    folder = tmp_path_factory.mktemp(request.param)
    empty = _new_sqlite(folder) if request.param == "sqlite" else request.getfixturevalue("new_database")
    url = empty()
    _manage(folder, url, "migrate", "--verbosity", "0")
    _shell(folder, url, "back_up")
    (folder / "url.json").write_text(json.dumps(url))
    return folder, empty


def test_restore_brings_the_same_bytes_and_not_the_erased_person(rehearsed: tuple[Path, Callable[[], str]]) -> None:
    folder, empty = rehearsed
    url = empty()

    # The server's key was changed since.
    _shell(folder, url, "bring_back", SECRET_KEY="another", ID_KEY="only-for-tests")

    before, restored = (json.loads((folder / f"{name}.json").read_text()) for name in ("before", "restored"))
    kept = set(before["kept"])
    assert [line for line in restored["lines"] if line in kept] == before["kept"]
    assert len(before["kept"]) == 20
    assert len(before["gone"]) == 10
    assert not set(before["gone"]) & set(restored["lines"])
    assert (restored["erased"], restored["counted"]) == ([1, 10], 1)
    # Answers went on meanwhile: all that were acknowledged when it began, and none that nobody gave.
    assert set(before["before"]) <= set(restored["answered"])
    assert len(before["before"]) >= 5
    again = _manage(folder, url, "restore", str(folder / "backup"), refused=True)
    assert again.startswith("database: it is not empty")


def test_restore_that_fails_at_its_end_leaves_an_empty_database(
    rehearsed: tuple[Path, Callable[[], str]], tmp_path: Path
) -> None:
    folder, empty = rehearsed
    url, damaged = empty(), tmp_path / "damaged"
    shutil.copytree(folder / "backup", damaged)
    manifest = json.loads((damaged / "manifest.json").read_text())
    # Noticed when all of it has been loaded.
    _say(damaged, rows={**manifest["rows"], "studies_response": manifest["rows"]["studies_response"] + 1})

    said = _manage(folder, url, "restore", str(damaged), refused=True)

    assert "studies_response has" in said
    _manage(folder, url, "restore", str(folder / "backup"))


@pytest.mark.django_db
def test_programs_of_postgresql_check_the_server_as_our_own_connections_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has programs of its own")
    connection.ensure_connection()
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"sslmode": "require"})

    with pytest.raises(InputError) as refused:
        dump_postgres(tmp_path / "dump")

    # That of the tests speaks no TLS.
    assert "does not support SSL" in str(refused.value)


@pytest.mark.django_db
def test_damage_is_told_by_what_is_wrong(rehearsed: tuple[Path, Callable[[], str]], tmp_path: Path) -> None:
    folder, _ = rehearsed
    file = backup_read(folder / "backup").file

    def told(name: str, change: Callable[[Path], Any]) -> str:
        damaged = tmp_path / name
        shutil.copytree(folder / "backup", damaged)
        change(damaged)
        with pytest.raises(InputError) as refused:
            backup_read(damaged)
        return str(refused.value)

    assert "has no manifest.json" in told("half", lambda path: (path / "manifest.json").unlink())
    assert "is damaged" in told("torn", lambda path: os.truncate(path / "manifest.json", 100))
    assert "is not whole" in told("short", lambda path: os.truncate(path / file, 1000))
    assert "has changed" in told("altered", lambda path: _flip_last_byte(path / file))
    assert "which is newer" in told("newer", lambda path: _say(path, migrations=["studies.9999_to_come"], version="9.0"))


def test_file_that_holds_other_rows_is_refused_and_the_database_stays_empty(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "database.sqlite3")) as made:
        made.execute("CREATE TABLE studies_study (id)")
    content = (tmp_path / "database.sqlite3").read_bytes()
    facts = {"format": 1, "version": "0.1.0", "made_at": "", "database": "sqlite", "file": "database.sqlite3", "migrations": []}
    facts |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "rows": {"studies_study": 2}}
    (tmp_path / "manifest.json").write_text(json.dumps(facts))
    url = _new_sqlite(tmp_path)()

    said = _manage(tmp_path, url, "restore", str(tmp_path), refused=True)

    none = _manage(tmp_path, _new_sqlite(tmp_path / "none")(), "restore", str(tmp_path / "nothing"), refused=True)

    assert said.startswith("backup: studies_study has 0 rows, and 2 were written")
    assert "has no manifest.json" in none
    assert list((tmp_path / "none").iterdir()) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "database-0.sqlite3")) as left:
        assert left.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.django_db
def test_backup_of_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"")
    facts = {"format": 1, "version": "0.1.0", "made_at": "", "database": "another", "file": "rows", "migrations": [], "rows": {}}
    (tmp_path / "manifest.json").write_text(json.dumps({**facts, "sha256": hashlib.sha256().hexdigest(), "size": 0}))

    with pytest.raises(InputError, match="it is of another"):
        backup_restore(tmp_path)


def test_backup_onto_a_full_disk_leaves_nothing(rehearsed: tuple[Path, Callable[[], str]], tmp_path: Path) -> None:
    folder, _ = rehearsed
    url = json.loads((folder / "url.json").read_text())
    out = tmp_path / "backup"

    # A file may not be longer than this: what a full disk does, without filling one.
    said = _manage(folder, url, "backup", "--out", str(out), refused=True, longest_file=65536)

    assert "room" in said
    assert list(tmp_path.iterdir()) == []


def test_backup_never_writes_over_another(rehearsed: tuple[Path, Callable[[], str]]) -> None:
    folder, _ = rehearsed

    with pytest.raises(InputError) as refused:
        backup_make(folder / "backup")

    assert refused.value.field == "out"
    for path in (folder / "backup", *(folder / "backup").iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def _new_sqlite(folder: Path) -> Callable[[], str]:
    numbers = iter(range(100))
    return lambda: f"sqlite:///{folder}/database-{next(numbers)}.sqlite3"


def _environment(folder: Path, url: str) -> dict[str, str]:
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    store = {"ARTIFACT_URL": f"{folder}/artifacts", "ZOO_DIR": f"{folder}/zoo"}
    return {"SECRET_KEY": "only-for-tests", "DATABASE_URL": url, **queue, **store}


def _shell(folder: Path, url: str, function: str, **env: str) -> None:
    code = f"from tests.webapp.operation import rehearsal; rehearsal.{function}({str(folder)!r})"
    processes.run_manage("shell", "--no-imports", "--command", code, env={**_environment(folder, url), **env})


def _manage(folder: Path, url: str, *words: str, refused: bool = False, longest_file: int | None = None) -> str:
    """What a command prints; where it is to be refused, the line in which it says why."""
    limit = ["prlimit", f"--fsize={longest_file}"] if longest_file else []
    done = subprocess.run(
        [*limit, sys.executable, "manage.py", *words], cwd=CHECKOUT, capture_output=True, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "webapp.settings", **_environment(folder, url)},
    )  # fmt: skip
    assert done.returncode == (2 if refused else 0), done.stderr
    return done.stderr.splitlines()[-1] if refused else done.stdout


def _flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _say(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
