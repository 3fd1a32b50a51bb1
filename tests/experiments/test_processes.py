"""Stages in processes of their own: the bytes of one process, one bar for all, errors as such, nothing left after Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.commands.processes import ManyProcesses, Shares
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.contract.recipes import Exemplars, Network
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 120
SHORT, LONG = (Network(epochs=epochs, width=4) for epochs in (1, 1000))
LONG_WORK = """
import signal
from experiments import jobs
from experiments.commands.processes import ManyProcesses
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Network
if __name__ == "__main__":
    # Whoever started the tests in the background made them deaf to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store = ArtifactStore(jobs.artifact_url())
    tell = lambda done, total, doing: print(done, total, doing, flush=True)
    workshop = ManyProcesses(store=store, device="cpu", report=tell, processes=2)
    workshop.obtain_all([Network(epochs=1000, width=4, seed=seed) for seed in (0, 1)])
"""


@pytest.fixture
def told() -> list[int]:
    """Thousandths of all recipes, as they were reported."""
    return []


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[int]) -> ManyProcesses:
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "many"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    store = ArtifactStore(str(tmp_path / "many"))
    return ManyProcesses(store=store, device="cpu", report=lambda _done, total, _doing: told.append(total), processes=2)


def test_stages_made_side_by_side_are_those_of_one_process_and_an_error_in_one_ends_all(
    workshop: ManyProcesses, told: list[int], tmp_path: Path
):
    bad = Exemplars(unit="efficientnet_lite0.in1k/_blocks.1:3", pool="/no/such/folder")

    # One process makes the short network and then meets the error, while the other is at the long one.
    with pytest.raises(InputError) as caught:
        workshop.obtain_all([SHORT, LONG, SHORT, bad])
    # What is asked for twice is made once.
    assert set(told) == {3000}

    expected = new_workshop(tmp_path / "one").obtain(SHORT)
    made = workshop.obtain_all([SHORT])
    assert caught.value.field == "pool"
    assert made[0].file("weights.safetensors").sha256 == expected.file("weights.safetensors").sha256
    assert workshop.store.manifest(LONG.digest) is None


def test_interrupting_the_first_process_ends_all(tmp_path: Path):
    script = tmp_path / "long.py"
    script.write_text(LONG_WORK)
    env = {**os.environ, "ARTIFACT_URL": str(tmp_path / "artifacts"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    first = parent.stdout.readline()
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()

    parent.send_signal(signal.SIGINT)
    parent.wait(WAIT_SECONDS)

    assert first.endswith(" 2000 0 of 2 made, training on digits\n")
    assert len(children) >= 2
    assert [child for child in children if is_alive(child)] == []


def is_alive(process: str) -> bool:
    ends = time.monotonic() + 10
    while Path(f"/proc/{process}").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    return Path(f"/proc/{process}").exists()


def test_the_progress_of_all_is_one():
    told: list[tuple[int, int, str]] = []
    shares = Shares(report=lambda *one: told.append(one), recipes=3)

    shares.take(1, {"state": "making", "progress": (1, 2, "a")})
    shares.take(2, {"state": "making", "progress": (1, 4, "b")})
    shares.take(1, {"state": "made"})

    assert told == [(500, 3000, "0 of 3 made, a"), (750, 3000, "0 of 3 made, b"), (1250, 3000, "1 of 3 made, stages")]
