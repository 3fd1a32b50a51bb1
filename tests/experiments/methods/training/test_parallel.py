"""Two processes of torchrun over gloo: the parameters of one process with the whole batch, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.methods.training import parallel
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.training.regression import recipe, register

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[4]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]


PAIRS = recipe(seeds=(1, 2), clip=0.5, pairs=True)
ODD = recipe(batch=15)


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The store of two processes that were asked for two trainings, and what they said."""
    store = tmp_path_factory.mktemp("two")
    words = [*TORCHRUN, "tests.experiments.methods.training.turn", str(store)]
    words += [json.dumps(asked.as_json()) for asked in (PAIRS, ODD)]
    ended = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True
    )
    return store, ended.stdout


def weights(store: ArtifactStore, made: Manifest) -> dict[str, Tensor]:
    return load(store.read_blob(made.file("weights.safetensors").sha256))


def test_two_processes_train_as_one_with_the_whole_batch(by_two: tuple[Path, str], tmp_path: Path):
    register()
    alone = LocalWorkshop(store=ArtifactStore(str(tmp_path)), device="cpu", report=lambda *_: None)

    expected = alone.obtain(PAIRS)

    store = ArtifactStore(str(by_two[0]))
    made = store.manifest(PAIRS.digest)
    assert made is not None
    assert made.provenance["processes"] == 2
    # Sums over halves of a batch round otherwise: tolerance 1e-5 after 40 steps.
    theirs = weights(alone.store, expected)
    for name, tensor in weights(store, made).items():
        torch.testing.assert_close(tensor, theirs[name], rtol=0, atol=1e-5)
    assert made.values["fit"] == pytest.approx(expected.values["fit"], abs=1e-5)
    assert not list((by_two[0] / "passing").iterdir())


def test_a_batch_that_does_not_divide_is_refused_in_every_process(by_two: tuple[Path, str]):
    store, said = by_two

    remedy = "Give a multiple of 2, or start another number of processes."
    assert said.splitlines() == [f"batch: 15 does not divide by 2 processes. {remedy}"] * 2
    assert ArtifactStore(str(store)).manifest(ODD.digest) is None


def test_a_single_process_has_all_of_everything():
    rows = torch.arange(6.0).view(3, 2)

    assert torch.equal(parallel.share(rows), rows)
    assert torch.equal(parallel.gathered(rows), rows)
    assert torch.equal(parallel.averaged(rows), rows)
    assert (parallel.rank(), parallel.count()) == (0, 1)
    assert parallel.from_first(lambda: 7) == 7
    parallel.require_same(3, field="x", what="y")
    with pytest.raises(InputError):
        parallel.from_first(refuse)


def refuse() -> int:
    raise InputError(field="x", message="no", remedy="yes")
