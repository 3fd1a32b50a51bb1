"""Real processes killed with -9: a training goes on to the same bytes, a kill in mid-write leaves the old checkpoint whole."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Training
from experiments.methods.threads import use_threads
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.training.regression import recipe, register

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[4]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
WAIT_SECONDS = 120
# The first checkpoint is small, the second takes a good while to write.
WRITE = """
import sys
from experiments.contract.artifacts import ArtifactStore
store = ArtifactStore(sys.argv[1])
store.write_checkpoint("d", b"old" * 1000)
store.write_checkpoint("d", b"new" * 100_000_000)
"""


def start(store: Path, asked: Training) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.experiments.methods.training.turn", str(store), json.dumps(asked.as_json())]
    return subprocess.Popen(words, cwd=ROOT, env=ONE_THREAD)


def wait_until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.002)


def kill9(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_training_killed_after_a_checkpoint_goes_on_to_the_same_weights_and_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = recipe(seeds=(1, 2), steps=1500, keep_every=50, measure_every=100, clip=0.5)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    first = start(killed, asked)
    wait_until(lambda: (killed / "journals" / f"{asked.digest}.jsonl").exists())
    wait_until(lambda: (killed / "checkpoints" / asked.digest).exists())
    kill9(first)
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
    assert 0 < len(seen) < len(lines)
    assert lines[: len(seen)] == seen
    assert left.read_checkpoint(asked.digest) is None
    assert left.read_journal(asked.digest) == []


def test_a_kill_in_mid_write_leaves_the_old_checkpoint_whole_and_the_rest_is_swept(tmp_path: Path):
    writer = subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], cwd=ROOT)
    passing = tmp_path / "passing"

    def half_written() -> Path | None:
        for path in passing.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size > 10_000:
                    return path
        return None

    wait_until(lambda: half_written() is not None)
    kill9(writer)

    store, left = ArtifactStore(str(tmp_path)), half_written()
    assert left is not None
    assert left.stat().st_size < 300_000_000
    assert store.read_checkpoint("d") == b"old" * 1000
    assert store.sweep() == 0
    os.utime(left, (0, time.time() - 25 * 3600))
    assert store.sweep() == 1
    assert list(passing.iterdir()) == []
