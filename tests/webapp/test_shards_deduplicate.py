"""`manage.py shards_deduplicate` where it does not come to lists; that it does is tested on a real queue."""

import time
from pathlib import Path

import pytest
from django.core.management import call_command

from experiments import jobs
from webapp.stimuli.models import Job
from webapp.stimuli.services import job_cancel, job_end

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ERROR = {"field": "shards", "message": "a.tar changed since it was listed", "remedy": "Leave it alone"}


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(bytes(1024))
    return path


def error_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The last line that the command says, which ends with code 2."""
    with pytest.raises(SystemExit) as ended:
        call_command("shards_deduplicate", *words)
    assert ended.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_bad_input_is_said_and_orders_nothing(shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing, out = str(tmp_path / "b.tar"), str(tmp_path / "out")

    assert "cannot be opened" in error_of(capsys, "--shards", missing, "--out", out)
    assert "is no folder" in error_of(capsys, "--shards", str(shard), "--out", str(shard))
    assert "threshold: there is no such field" in error_of(capsys, "--shards", str(shard), "--out", out, "--set", "threshold=1")
    assert not Job.objects.exists()


def test_job_that_fails_or_is_cancelled_ends_the_command(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--shards", str(shard), "--out", str(tmp_path / "out"))

    # What happens elsewhere while the command sleeps.
    monkeypatch.setattr(time, "sleep", lambda _seconds: job_end(jobs.failed(str(Job.objects.get().id), ERROR)))
    failed = error_of(capsys, *words)
    Job.objects.all().delete()
    monkeypatch.setattr(time, "sleep", lambda _seconds: job_cancel(Job.objects.get()))
    cancelled = error_of(capsys, *words)

    assert "changed since it was listed" in failed
    assert "it was cancelled" in cancelled
    assert not (tmp_path / "out").exists()
