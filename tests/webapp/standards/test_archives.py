"""Archives by their doors: REST and command give the same, in constant memory; what they are not for is refused."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from tests.webapp.standards.answered import answered
from webapp.studies.exports import Selection, export
from webapp.studies.exports.archive import Member, zipped

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ARCHIVES = ("psychds", "bids")


@pytest.mark.parametrize("form", ARCHIVES)
def test_archive_is_the_same_by_rest_by_command_and_again(tmp_path: Path, researcher: Client, form: str) -> None:
    study, out = answered("zimmermann2023_scale", tmp_path), tmp_path / "archive.zip"

    response = researcher.get(f"/api/v1/studies/{study.id}/responses?format={form}")
    by_rest = b"".join(response.streaming_content)
    call_command("export_responses", study=study.name, format=form, out=out)

    assert response.headers["Content-Type"] == "application/zip"
    assert hashlib.sha256(by_rest).hexdigest() == hashlib.sha256(out.read_bytes()).hexdigest()


@pytest.mark.parametrize("form", ARCHIVES)
def test_archive_holds_what_was_selected_and_tells_how_many_rows(tmp_path: Path, form: str) -> None:
    study = answered("zimmermann2023_scale", tmp_path)

    pieces, rows = [], export(study, form=form, selection=Selection(kind=("bot",)))
    while True:
        try:
            pieces.append(next(rows))
        except StopIteration as end:
            count = end.value
            break

    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        tables = [name for name in archive.namelist() if name.endswith(("responses_data.csv", "_beh.tsv"))]
        assert archive.namelist()[0] == "dataset_description.json"
        lines = [line for name in tables for line in archive.read(name).decode().splitlines()[1:]]
    bot = study.sessions.get(kind="bot")
    assert count == len(lines) == bot.trials.filter(response__isnull=False).count()
    assert all(str(bot.id) in line for line in lines)


@pytest.mark.parametrize("form", ARCHIVES)
@pytest.mark.parametrize("asked", [{"ids": "personal"}, {"flavor": "spreadsheet"}])
def test_archives_hold_no_personal_ids_and_are_for_programs(
    tmp_path: Path, researcher: Client, form: str, asked: dict[str, str]
) -> None:
    study = answered("imported", tmp_path)

    refused = researcher.post(f"/api/v1/studies/{study.id}/responses", {"format": form, **asked}, content_type="application/json")

    assert refused.status_code == 400
    assert refused.json()["field"] in asked


def test_archive_is_written_in_constant_memory() -> None:
    def members() -> Generator[Member, None, int]:
        yield "large.csv", (bytes(2**20) for _ in range(64))
        return 64

    tracemalloc.start()
    written = sum(len(piece) for piece in zipped(members()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert written > 2**10
    assert peak < 8 * 2**20
