"""Whoever has an export knows whether it is whole: by HTTP from a real server, and of files on a disk."""

import hashlib
import http.client
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from tests.services import processes
from tests.services.processes import Running
from webapp.studies.exports import Selection
from webapp.studies.exports.receipts import export_with_receipt, receipt_by_id

ROWS = 24_000

pytestmark = pytest.mark.integration


class Site:
    """A web server before PostgreSQL with many responses."""

    def __init__(self, web: Running, database_url: str, prepared: dict[str, Any]) -> None:
        self.web, self.database_url, self.prepared = web, database_url, prepared
        self.path = f"/api/v1/studies/{prepared['study']}/responses"
        self.headers = {"Authorization": f"Token {prepared['token']}"}

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.web.url}{path}", headers=self.headers, timeout=60)

    def opened(self, query: str) -> http.client.HTTPResponse:
        """An answer of which nothing but the headers has been read."""
        connection = http.client.HTTPConnection(self.web.url.removeprefix("http://"), timeout=60)
        connection.request("GET", f"{self.path}?{query}", headers=self.headers)
        return connection.getresponse()

    def copies(self) -> int:
        """How many exports the database is busy with."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state <> 'idle'"
        with psycopg.connect(self.database_url, autocommit=True) as database:
            (count,) = database.execute(busy).fetchone()
        return count


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": new_database(), "ARTIFACT_URL": f"{folder}/artifacts"}
    web = processes.start_web(folder, env=env)
    path = folder / "prepared.json"
    code = f"from tests.benchmarks import preparation; preparation.table({str(path)!r}, count={ROWS})"
    processes.run_manage("shell", "--verbosity", "0", "--command", code, env=env)
    yield Site(web, env["DATABASE_URL"], json.loads(path.read_text()))
    web.stop()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_receipt_says_what_was_sent(site, form):
    response = site.get(f"{site.path}?format={form}")

    receipt = site.get(response.headers["Export-Receipt"]).json()

    assert receipt["state"] == "complete"
    assert (receipt["rows"], receipt["bytes"]) == (ROWS, len(response.content))
    assert receipt["sha256"] == hashlib.sha256(response.content).hexdigest()


def test_client_who_leaves_frees_the_database_and_the_receipt_says_broken(site):
    response = site.opened("format=csv")
    response.read(1000)
    response.close()

    # Between two copies the database is idle, too: the receipt comes first.
    noted = _wait(lambda: site.get(response.headers["Export-Receipt"]).json()["state"] == "broken")
    freed = _wait(lambda: not site.copies())

    assert noted
    assert freed
    assert "sha256" not in site.get(response.headers["Export-Receipt"]).json()


def test_client_who_stops_reading_is_broken_off_and_frees_the_database(site, tmp_path):
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": site.database_url, "STALLED_SECONDS": "1"}
    web = processes.start_web(tmp_path, env=env)
    response = Site(web, site.database_url, site.prepared).opened("format=csv")
    response.read(1000)

    noted = _wait(lambda: site.get(response.headers["Export-Receipt"]).json()["state"] == "broken")
    freed = _wait(lambda: not site.copies())

    web.stop()
    assert noted
    assert freed
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()


def test_slow_clients_hinder_nobody(site):
    slow = [site.opened(f"format={form}") for form in ("csv", "jsonl", "csv")]

    response = site.get(f"{site.path}?format=csv")

    rests = [len(one.read()) for one in slow]
    assert len(response.content) == rests[0] == rests[2]


def test_export_is_one_moment_while_answers_arrive(site):
    response = site.opened("format=csv")
    first = response.read(1000)
    with psycopg.connect(site.database_url, autocommit=True) as database:
        newest = "SELECT id FROM studies_session ORDER BY created_at DESC, id DESC LIMIT 1"
        trials = f"SELECT id FROM studies_trial WHERE session_id = ({newest}) AND kind = 'main'"
        gone = database.execute(f"DELETE FROM studies_response WHERE trial_id IN ({trials}) RETURNING 1").rowcount

    content = first + response.read()
    receipt = site.get(response.headers["Export-Receipt"]).json()
    after = site.get(f"{site.path}?format=csv")

    assert gone > 0
    assert (receipt["rows"], content.count(b"\n") - 1) == (ROWS, ROWS)
    assert after.content.count(b"\n") - 1 == ROWS - gone


def test_server_that_dies_midway_is_noticed(site):
    response = site.opened("format=jsonl")
    response.read(1000)

    site.web.kill9()

    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()


def _wait(until: Callable[[], bool]) -> bool:
    event = threading.Event()
    return any(until() or event.wait(0.1) for _ in range(600))


@pytest.fixture
def exported(study: Any, tmp_path: Path) -> Path:
    path = tmp_path / "new" / "responses.csv"
    call_command("export_responses", study=study.name, out=path)
    return path


@pytest.mark.django_db
def test_file_is_verified_by_its_receipt_and_by_sha256sum(exported, capsys):
    call_command("export_responses", verify=exported)

    subprocess.run(["sha256sum", "--check", "--strict", "responses.csv.sha256"], cwd=exported.parent, check=True)
    assert "12 responses" in capsys.readouterr().out
    assert json.loads(exported.with_name("responses.csv.json").read_text())["rows"] == 12


@pytest.mark.django_db
def test_file_with_one_altered_byte_or_none_at_its_end_is_noticed(exported, capsys):
    whole = exported.read_bytes()
    for damaged in (whole.replace(b"mouse", b"moose", 1), whole[:-1], whole + b"\n"):
        exported.write_bytes(damaged)
        with pytest.raises(SystemExit):
            call_command("export_responses", verify=exported)
        assert str(exported) in capsys.readouterr().err


@pytest.mark.django_db
def test_file_without_receipt_is_not_verified(tmp_path, capsys):
    with pytest.raises(SystemExit):
        call_command("export_responses", verify=tmp_path / "none.csv")

    assert "none.csv.json is no receipt" in capsys.readouterr().err


@pytest.mark.django_db
def test_disk_that_fills_leaves_the_old_file_as_it_was(exported, study, full_folder, capsys):
    old = full_folder / "responses.csv"
    old.write_bytes(b"old")

    with pytest.raises(SystemExit):
        call_command("export_responses", study=study.name, out=old)

    assert old.read_bytes() == b"old"
    assert [path.name for path in full_folder.iterdir()] == ["responses.csv"]
    assert "room" in capsys.readouterr().err


@pytest.fixture
def full_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for less than an export."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be made here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.django_db
@pytest.mark.parametrize("out", ["", "/proc/none/a.csv"])
def test_file_that_cannot_be_written_is_one_line(study, tmp_path, out, capsys):
    with pytest.raises((SystemExit, CommandError)):
        call_command("export_responses", study=study.name, out=Path(out) if out else tmp_path)

    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.django_db
def test_pipe_is_not_replaced_by_a_file(study, tmp_path, capsys):
    folder = tmp_path / "pipes"
    folder.mkdir()
    pipe, link = folder / "pipe", folder / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)

    for out in (pipe, link):
        with pytest.raises(SystemExit):
            call_command("export_responses", study=study.name, out=out)

    assert pipe.is_fifo()
    assert sorted(path.name for path in folder.iterdir()) == ["link", "pipe"]
    assert "is no file" in capsys.readouterr().err


@pytest.mark.django_db
def test_link_leads_to_the_file_that_is_replaced(exported, study):
    before, link = exported.read_bytes(), exported.with_name("newest")
    link.symlink_to(exported)
    study.sessions.filter(kind="pilot").delete()

    call_command("export_responses", study=study.name, out=link)

    assert link.is_symlink()
    assert exported.read_bytes().count(b"\n") == 9 < before.count(b"\n")
    call_command("export_responses", verify=exported)


@pytest.mark.django_db
def test_export_goes_out_while_the_cache_fails(study, settings):
    settings.CACHES = {**settings.CACHES, "default": {**settings.IN_REDIS, "LOCATION": "redis://127.0.0.1:9"}}

    _, pieces = export_with_receipt(study, form="csv", selection=Selection())

    assert b"".join(pieces).count(b"\n") - 1 == 12


@pytest.mark.django_db
def test_file_and_its_receipt_are_for_their_owner_alone(exported):
    assert {path.stat().st_mode & 0o077 for path in exported.parent.iterdir()} == {0}


@pytest.mark.django_db
def test_receipt_is_kept_whatever_else_is_cached_and_holds_no_ids(study):
    selection = Selection(session=(str(study.sessions.first().id),), kind=("live",))
    receipt_id, pieces = export_with_receipt(study, form="csv", selection=selection)
    list(pieces)

    for visitor in range(600):
        cache.set(f"visitor-{visitor}", 1, timeout=60)

    asked = receipt_by_id(study, receipt_id)["selection"]
    assert asked == {"kind": ("live",), "flavor": "raw", "ids": "pseudonymous"}


@pytest.mark.django_db
def test_receipt_opens_for_its_study_alone(study):
    receipt_id, pieces = export_with_receipt(study, form="csv", selection=Selection())
    rows = b"".join(pieces).count(b"\n") - 1

    other = type(study)(id="00000000-0000-4000-8000-000000000000")

    assert receipt_by_id(study, receipt_id)["rows"] == rows == 12
    assert receipt_by_id(other, receipt_id) is None
