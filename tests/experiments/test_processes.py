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
NETWORKS = [Network(epochs=1, width=4, seed=seed) for seed in range(3)]
LONG = Network(epochs=1000, width=4)
LONG_WORK = """
from experiments import jobs
from experiments.commands.processes import ManyProcesses
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Network
if __name__ == "__main__":
    store = ArtifactStore(jobs.artifact_url())
    tell = lambda done, total, doing: print(done, total, doing, flush=True)
    workshop = ManyProcesses(store=store, device="cpu", report=tell, processes=2)
    workshop.obtain_all([Network(epochs=1000, width=4, seed=seed) for seed in (0, 1)])
"""


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManyProcesses:
    """Two processes, whose reports are kept in `told`."""
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "many"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    told: list[tuple[int, int, str]] = []
    store = ArtifactStore(str(tmp_path / "many"))
    return ManyProcesses(store=store, device="cpu", report=lambda *one: told.append(one), processes=2)


def test_independent_stages_are_made_side_by_side_to_the_same_bytes(workshop: ManyProcesses, tmp_path: Path):
    made = workshop.obtain_all(NETWORKS)

    expected = new_workshop(tmp_path / "one").obtain_all(NETWORKS[:1])
    assert [one.digest for one in made] == [recipe.digest for recipe in NETWORKS]
    assert made[0].file("weights.safetensors").sha256 == expected[0].file("weights.safetensors").sha256


def test_what_cannot_be_made_is_raised_as_such_and_ends_the_others(workshop: ManyProcesses):
    bad = Exemplars(unit="efficientnet_lite0.in1k/_blocks.1:3", pool="/no/such/folder")

    with pytest.raises(InputError) as caught:
        workshop.obtain_all([LONG, bad])

    assert caught.value.field == "pool"
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
