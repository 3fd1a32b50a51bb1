"""Feature visualization against lucent: same network, objective, size, batch and steps."""

import copy
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from lucent.optvis import objectives, param
from lucent.optvis.render import render_vis
from lucent.optvis.transform import standard_transforms
from torch import Tensor

from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization.render import render
from model_zoo.activations import unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

RECIPE = FeatureVisualization(unit="efficientnet_lite0.in1k/_blocks.10:5", size=128, batch=9, steps=48, seed=1)
REPETITIONS = 2


def run() -> list[dict[str, Any]]:
    """Steps per second of both, and the activation that both reach; the better of two runs counts for each."""
    model, unit = load(UnitAddress.parse(RECIPE.unit).model, device="cpu"), UnitAddress.parse(RECIPE.unit)
    runs = {"ours": lambda: _ours(model), "lucent": lambda: _lucent(model, unit)}
    speed = dict.fromkeys(runs, 0.0)
    reached = dict.fromkeys(runs, 0.0)
    peak = 0.0
    for _ in range(REPETITIONS):
        for name, make in runs.items():
            images, steps_per_second = _timed(make)
            speed[name] = max(speed[name], steps_per_second)
            with torch.no_grad():
                reached[name] = unit_activations(model, unit, aggregation="mean", images=images).mean().item()
            # The first of all runs is ours: until then the peak of the process is ours too.
            peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        {
            "name": "visualization_vs_lucent",
            "ours": speed["ours"],
            "reference": speed["lucent"],
            "ratio": speed["ours"] / speed["lucent"],
            "unit": "steps/s",
            "peak_mib": peak,
            "equal": abs(reached["ours"] - reached["lucent"]),
            "detail": f"{RECIPE.unit}, {RECIPE.batch} images of {RECIPE.size} px, {RECIPE.steps} steps, "
            f"{torch.get_num_threads()} threads; mean activation reached {reached['ours']:.2f}, "
            f"by lucent {reached['lucent']:.2f}; random starts differ",
        }
    ]


def _ours(model: LoadedModel) -> Tensor:
    return render(RECIPE, model=model, report=lambda _done, _total, _doing: None).images


def _lucent(model: LoadedModel, unit: UnitAddress) -> Tensor:
    """Lucent on a copy of the same frozen network, because it leaves its hooks behind."""
    torch.manual_seed(RECIPE.seed)
    np.random.seed(RECIPE.seed)  # lucent draws from numpy's global generator
    (images,) = render_vis(
        copy.deepcopy(model.network),
        objectives.channel(unit.layer.replace(".", "_"), unit.channel),
        param_f=lambda: param.image(RECIPE.size, batch=RECIPE.batch),
        transforms=[*standard_transforms, model.preprocess],
        preprocess=False,
        fixed_image_size=RECIPE.size,
        thresholds=(RECIPE.steps,),
        progress=False,
        show_image=False,
    )
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _timed(make: Callable[[], Tensor]) -> tuple[Tensor, float]:
    started = time.perf_counter()
    images = make()
    return images, RECIPE.steps / (time.perf_counter() - started)
