"""Tasks of real trainings under the trainer: two processes take the steps of one, and what was resumed is what was not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import Cancelled
from experiments.contract.fields import build
from experiments.contract.recipes import Training
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.loop import train
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration, images_of
from experiments.papers.rusak2024_aninfonce.images.training import ImageTask
from tests.experiments.methods.training.real_tasks import gradients

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[4]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
# Kernels of 3 x 3 and several channels: the layout of their parameters is not that of a file.
FIELDS = {"photographs": 30, "stamps": 0, "side": 32, "batch": 8, "steps": 8, "keep_every": 3, "widths": [4, 8]}
CONFIGURATION = build(ImageConfiguration, {"loss": "aninfonce", **FIELDS})
RECIPE = Training(paper="rusak2024_aninfonce", configuration=FIELDS, seeds=(1,))


def test_two_processes_have_the_gradients_of_one_with_the_whole_batch(tmp_path: Path) -> None:
    path = tmp_path / "gradients.safetensors"
    words = [*TORCHRUN, "tests.experiments.methods.training.real_tasks", str(path)]
    subprocess.run(words, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)

    expected = gradients()

    found = load_file(path)
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        # Each process sees half; sums over halves of a batch round otherwise.
        known = expected[name] // 2 if name.endswith(" saw") else expected[name]
        torch.testing.assert_close(tensor, known, rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}")


def trained(folder: Path, *, stop: int = -1) -> dict[str, torch.Tensor]:
    """The weights at the end."""

    def report(done: int, _total: int, _doing: str) -> None:
        if done == stop:
            raise Cancelled

    task = ImageTask(CONFIGURATION, images_of(CONFIGURATION, seed=0), seed=1, device="cpu")
    checkpoints = Checkpoints(store=ArtifactStore(str(folder)), recipe=RECIPE)
    train(task, plan=CONFIGURATION.plan, checkpoints=checkpoints, report=report, doing="")
    return task.network.state_dict()


def test_a_resumed_training_of_a_network_with_channels_last_is_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")
    with pytest.raises(Cancelled):
        trained(tmp_path / "cut", stop=5)

    resumed = trained(tmp_path / "cut")

    for name, tensor in whole.items():
        assert torch.equal(resumed[name], tensor), name
