"""A pass over a folder of photographs for all units of a layer, against a plain loop over the whole network with a DataLoader."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import ActivationIndex, Exemplars
from experiments.datasets.pool import open_pool
from experiments.methods.natural import natural_activations
from experiments.workshop import LocalWorkshop
from model_zoo.address import UnitAddress
from model_zoo.loading import load

UNIT = UnitAddress.parse("efficientnet_lite0.in1k/_blocks.10:5")
IMAGES = 256
WIDTH, HEIGHT = 500, 375
"""The size of a usual photograph of ImageNet."""
ROUNDS = 2
BATCH = 8
"""Of the plain loop; with 32 it is slower on a CPU."""
WARM_UP = 32


def run() -> list[dict[str, Any]]:
    """Images a second of both, the better of two rounds each, and the largest difference between the activations."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, count in (("warm-up", WARM_UP), ("pool", IMAGES)):
            _write_photographs(folder / part, count=count)
        passes: dict[str, Callable[[str], Pass]] = {"ours": _ours, "plain, 0 workers": _plain, "plain, 2 workers": _plain_by_two}
        best: dict[str, Pass] = {}
        for _ in range(ROUNDS):
            for label, measure in passes.items():
                measured = _alone(measure, name)
                best[label] = min(measured, best.get(label, measured), key=lambda one: one[0])
    ours = best.pop("ours")
    label, plain = min(best.items(), key=lambda item: item[1][0])
    spread = float(plain[2].std(axis=0).mean())
    difference = float(np.abs(ours[2] - plain[2]).max())
    return [
        {
            "name": "exemplars_vs_plain",
            "ours": IMAGES / ours[0],
            "reference": IMAGES / plain[0],
            "ratio": plain[0] / ours[0],
            "unit": "images/s",
            "peak_mib": ours[1],
            "equal": difference,
            "detail": f"all units of {UNIT.model}/{UNIT.layer}, {IMAGES} JPEGs of {WIDTH} x {HEIGHT} px; reference {label}, "
            f"peak {plain[1]:.0f} MiB without its workers; standard deviation of a unit {spread:.2f} on average; "
            f"the plain loop resizes twice (256, center 224), ours once; {torch.get_num_threads()} threads",
        }
    ]


Pass = tuple[float, float, Float[np.ndarray, "image channel"]]
"""Seconds, peak of memory in MiB, activations."""


def _alone(measure: Callable[[str], Pass], folder: str) -> Pass:
    """A pass in a process of its own, so that its peak of memory is its own too."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, folder).result()


def _write_photographs(folder: Path, *, count: int) -> None:
    """Crops of the photographs that come with packages, no two the same."""
    folder.mkdir()
    pool = open_pool("photographs", size=count, seed=1)
    for index in range(count):
        square = Image.fromarray(pool.read(index, side=WIDTH).pixels)
        square.crop((0, 0, WIDTH, HEIGHT)).save(folder / f"{index:04d}.jpg", quality=92)


def _ours(folder: str) -> Pass:
    with tempfile.TemporaryDirectory() as store:
        workshop = LocalWorkshop(store=ArtifactStore(store), device="cpu", report=lambda _done, _total, _doing: None)
        indices = [ActivationIndex(model=UNIT.model, layer=UNIT.layer, pool=f"{folder}/{part}") for part in ("warm-up", "pool")]
        workshop.obtain(indices[0])
        started = time.perf_counter()
        workshop.obtain(indices[1])
        seconds = time.perf_counter() - started
        peak = _peak()
        channels = load(UNIT.model, device="cpu").card.layers[UNIT.layer].channels
        units = [Exemplars(unit=f"{UNIT.model}/{UNIT.layer}:{channel}", pool=f"{folder}/pool") for channel in range(channels)]
        table = np.stack([natural_activations(unit, workshop).activations for unit in units], axis=1)
    return seconds, peak, table


class _Files(Dataset[Tensor]):
    def __init__(self, folder: Path, *, normalize: nn.Module) -> None:
        self.files = sorted(folder.iterdir())
        published = (transforms.Resize(256, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(224))
        self.transform = transforms.Compose([*published, transforms.ToTensor(), normalize])

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        with Image.open(self.files[index]) as image:
            tensor: Tensor = self.transform(image.convert("RGB"))
        return tensor


def _plain(folder: str, *, workers: int = 0) -> Pass:
    model = load(UNIT.model, device="cpu")
    found: list[Tensor] = []
    hook = model.network.get_submodule(UNIT.layer).register_forward_hook(
        lambda _module, _inputs, output: found.append(output.mean(dim=(2, 3)))
    )

    def look(part: str) -> float:
        found.clear()
        files = _Files(Path(folder, part), normalize=transforms.Normalize(model.card.mean, model.card.std))
        started = time.perf_counter()
        with torch.inference_mode():
            for images in DataLoader(files, batch_size=BATCH, num_workers=workers):
                model.network(images)
        return time.perf_counter() - started

    look("warm-up")
    seconds = look("pool")
    hook.remove()
    return seconds, _peak(), torch.cat(found).numpy()


def _plain_by_two(folder: str) -> Pass:
    return _plain(folder, workers=2)


def _peak() -> float:
    """Of this process since it was started, in MiB; what a child is told by getrusage includes its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
