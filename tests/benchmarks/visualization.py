"""Feature visualization against lucent: same network, objective, size, batch and steps; each in processes of its own.

`python -m tests.benchmarks.visualization ours|lucent DEVICE` is one such process: it prints one line of JSON.
"""

import copy
import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import torch
from lucent.optvis import objectives, param
from lucent.optvis.render import render_vis
from lucent.optvis.transform import standard_transforms
from torch import Tensor

from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization.reading import quick_reader
from experiments.methods.feature_visualization.render import render
from model_zoo.activations import unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

RECIPE = FeatureVisualization(unit="efficientnet_lite0.in1k/_blocks.7:5", size=224, batch=9, steps=48, seed=1)
UNIT = UnitAddress.parse(RECIPE.unit)
REPETITIONS = 2
WARM_STEPS = 2
Measurement = dict[str, float]


def run() -> list[dict[str, Any]]:
    """Image-steps per second of both, taking turns; the better of two processes counts for each."""
    runs: dict[str, list[Measurement]] = {"ours": [], "lucent": []}
    for _ in range(REPETITIONS):
        for name, measurements in runs.items():
            measurements.append(_in_process(name, "cpu"))
    ours, lucent = (max(measurements, key=lambda m: m["speed"]) for measurements in runs.values())
    precision = quick_reader(load(UNIT.model, device="cpu"), frozenset({UNIT.layer})).precision
    detail = (
        f"{RECIPE.unit}, {RECIPE.batch} images of {RECIPE.size} px, {RECIPE.steps} steps, {torch.get_num_threads()} threads; "
        f"ours in {precision}; mean activation reached {ours['reached']:.2f}, by lucent {lucent['reached']:.2f} "
        f"({ours['reached'] / lucent['reached']:.2f} of it); peak {ours['peak']:.0f} MiB, of lucent {lucent['peak']:.0f}"
    )
    if torch.cuda.is_available():
        gpu = {name: _in_process(name, "cuda:0") for name in runs}
        speeds = ", ".join(f"{name} {measured['speed']:.0f} image-steps/s" for name, measured in gpu.items())
        detail += f"; on {torch.cuda.get_device_name()}: {speeds}"
    row = {
        "name": "visualization_vs_lucent",
        "ours": ours["speed"],
        "reference": lucent["speed"],
        "ratio": ours["speed"] / lucent["speed"],
        "unit": "image-steps/s",
        "peak_mib": ours["peak"],
        "equal": abs(ours["reached"] - lucent["reached"]),
        "detail": f"{detail}; random starts differ",
    }
    return [row]


def _in_process(name: str, device: str) -> Measurement:
    words = [sys.executable, "-W", "ignore", "-m", __name__, name, device]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    measured: Measurement = json.loads(printed.splitlines()[-1])
    return measured


def _measure(name: str, device: str) -> Measurement:
    model = load(UNIT.model, device=device)
    make = {"ours": _ours, "lucent": _lucent}[name]
    make(model, WARM_STEPS)
    started = time.perf_counter()
    images = make(model, RECIPE.steps)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with torch.no_grad():
        reached = unit_activations(model, UNIT, aggregation="mean", images=images).mean().item()
    return {"speed": RECIPE.steps * RECIPE.batch / seconds, "reached": reached, "peak": peak}


def _ours(model: LoadedModel, steps: int) -> Tensor:
    recipe = FeatureVisualization(unit=RECIPE.unit, size=RECIPE.size, batch=RECIPE.batch, steps=steps, seed=RECIPE.seed)
    return render(recipe, model=model, report=lambda _done, _total, _doing: None).images


def _lucent(model: LoadedModel, steps: int) -> Tensor:
    """Lucent on a copy of the same frozen network, because it leaves its hooks behind."""
    torch.manual_seed(RECIPE.seed)
    np.random.seed(RECIPE.seed)  # lucent draws from numpy's global generator
    (images,) = render_vis(
        copy.deepcopy(model.network),
        objectives.channel(UNIT.layer.replace(".", "_"), UNIT.channel),
        param_f=lambda: param.image(RECIPE.size, batch=RECIPE.batch),
        transforms=[*standard_transforms, model.preprocess],
        preprocess=False,
        fixed_image_size=RECIPE.size,
        thresholds=(steps,),
        progress=False,
        show_image=False,
    )
    return torch.from_numpy(images).permute(0, 3, 1, 2).to(model.device)


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], sys.argv[2])))
