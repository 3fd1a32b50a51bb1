"""Real processes that are killed: a training goes on to the same bytes, a kill in mid-write leaves the old checkpoint whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem

from experiments.contract.artifacts import ArtifactStore
from experiments.methods.threads import use_threads
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.training.regression import recipe, register

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[4]
LARGEST = 10_000
# The kernel kills the process at the byte after the largest file that it may write.
WRITE = f"""
import resource, signal, sys
from experiments.contract.artifacts import ArtifactStore
store = ArtifactStore(sys.argv[1])
store.write_checkpoint("d", b"old" * 1000)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, ({LARGEST}, {LARGEST}))
store.write_checkpoint("d", b"new" * 10_000)
"""


def test_a_training_killed_after_a_checkpoint_goes_on_to_the_same_weights_and_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = recipe(seeds=(1, 2), steps=400, keep_every=50, measure_every=100, clip=0.5)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    words = [sys.executable, "-m", "tests.experiments.methods.training.turn", str(killed), json.dumps(asked.as_json())]
    ended = subprocess.run(words, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1", "KILL_AT": "270"}, check=False)
    left = ArtifactStore(str(killed))
    seen = left.read_journal(asked.digest)

    register()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    use_threads()
    resumed, expected = (
        LocalWorkshop(store=ArtifactStore(str(folder)), device="cpu", report=lambda *_: None).obtain(asked)
        for folder in (killed, whole)
    )

    lines = [json.loads(line) for line in left.read_blob(resumed.file("metrics.jsonl").sha256).splitlines()]
    assert {file.name: file.sha256 for file in resumed.files} == {file.name: file.sha256 for file in expected.files}
    assert ended.returncode == -signal.SIGKILL
    assert [line["step"] for line in seen] == [100, 200]
    assert lines[:2] == seen
    assert left.read_checkpoint(asked.digest) is None
    assert left.read_journal(asked.digest) == []


def test_a_kill_in_mid_write_leaves_the_old_checkpoint_whole_and_the_rest_is_swept(tmp_path: Path):
    killed = subprocess.run([sys.executable, "-c", WRITE, str(tmp_path)], cwd=ROOT, check=False)

    store, (left,) = ArtifactStore(str(tmp_path)), (tmp_path / "passing").iterdir()
    assert killed.returncode == -signal.SIGXFSZ
    assert left.stat().st_size == LARGEST
    assert store.read_checkpoint("d") == b"old" * 1000
    assert store.sweep() == 0
    os.utime(left, (0, time.time() - 25 * 3600))
    assert store.sweep() == 1
    assert list((tmp_path / "passing").iterdir()) == []


class Disappearing(LocalFileSystem):
    """A disk on which files of passing names are gone as soon as they were listed."""

    def glob(self, path: str, **_: object) -> list[str]:
        found: list[str] = super().glob(path)
        for one in found:
            self.rm_file(one)
        return found


def test_a_file_that_its_writer_renames_during_a_sweep_is_none_that_was_left(tmp_path: Path):
    store = ArtifactStore(str(tmp_path))
    store.fs.makedirs(f"{tmp_path}/passing")
    store.fs.touch(f"{tmp_path}/passing/a")
    store.fs = Disappearing()

    assert store.sweep() == 0
