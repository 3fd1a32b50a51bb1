"""The disk of the database is full: what was answered stays, what cannot be stored is refused, and arrives when there is room."""

import contextlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import StartWeb
from tests.services import processes
from tests.webapp import made_up

pytestmark = pytest.mark.integration
CSRF = "c" * 32
LEFT = 40 * 1024
"""Bytes: 32 KiB are the index of SQLite's write-ahead log."""
MAKE = """
import json
from tests.webapp import made_up
from webapp.studies.services.session import instructions_finish
study = made_up.study(practice_obvious=0, practice_other=0)
session, token = made_up.session(study)
trials = [str(trial.id) for trial in session.trials.filter(kind="main")]
instructions_finish(session, duration=1000.0)
form = made_up.agreed(study, participant="somebody")
print(json.dumps({"study": str(study.id), "token": token, "trials": trials, "form": form}))
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave as much as SQLite needs to read, and an answer does not fit into."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        file.truncate(file.tell() - LEFT)
    return filler


def stored(disk: Path) -> dict[str, float]:
    """Response times by trial, as another process finds them in the database."""
    with contextlib.closing(sqlite3.connect(disk / "db.sqlite3", timeout=30)) as database:
        rows = database.execute("SELECT trial_id, rt FROM studies_response").fetchall()
    return dict(rows)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this test fills")
def test_full_disk_refuses_what_it_cannot_store_and_loses_nothing(
    disk: Path, tmp_path: Path, live_server_process: StartWeb
) -> None:
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{tmp_path}/queue", "RESULT_URL": f"file://{tmp_path}/results"}
    database = {"DATABASE_URL": f"sqlite:///{disk}/db.sqlite3", "ARTIFACT_URL": str(tmp_path / "artifacts")}
    env = {**queue, **database, "SECRET_KEY": "only-for-tests"}
    web = live_server_process(env=env)
    made: dict[str, Any] = json.loads(processes.run_manage("shell", "--no-imports", "--command", MAKE, env=env))
    cookies = {f"unitscope_{made['study'].replace('-', '')}": made["token"], "csrftoken": CSRF}
    client = httpx.Client(base_url=f"{web.url}/p/{made['study']}/", cookies=cookies, headers={"X-CSRFToken": CSRF}, timeout=60)
    first, second = (made_up.answer(rt=rt) for rt in (1111.5, 2222.5))

    def put(number: int, answer: dict[str, Any]) -> httpx.Response:
        return client.put(f"trials/{made['trials'][number]}/answer", json=answer)

    before = put(0, first)
    filler = fill(disk)
    refused = put(1, second)
    again = put(0, first)
    page = client.post("", data={"csrfmiddlewaretoken": CSRF, **made["form"]}, headers={"Accept": "text/html"})
    kept = stored(disk)
    filler.unlink()
    arrived = put(1, second)

    assert before.status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert set(refused.json()) == {"field", "message", "remedy"}
    assert again.status_code in (200, 503)
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (503, "text/html")
    assert list(kept.values()) == [1111.5]
    assert arrived.status_code == 200
    assert sorted(stored(disk).values()) == [1111.5, 2222.5]
    assert "the database fails (OperationalError: database or disk is full)" in web.log.read_text()
