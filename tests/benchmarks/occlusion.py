"""Occlusion maps at the published scale against captum: of one unit, and of all units of its layer."""

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from captum.attr import Occlusion as CaptumOcclusion
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.contract.recipes import Occlusion
from experiments.datasets.pool import open_pool
from experiments.methods.exemplars import as_tensor
from experiments.methods.occlusion import sliding
from experiments.methods.square_readings import LayerSweep, layer_sweep
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

# A square of 90 px over 224 px every 2 px: 68 x 68 positions. Gray, because captum cannot fill with the patch's mean.
RECIPE = Occlusion(unit="efficientnet_lite0.in1k/_blocks.7:5", size=224, patch=0.4, stride=2, fill="gray")
TRIAL_STRIDE = 13
"""11 x 11 positions, on which captum's `perturbations_per_eval` is chosen."""
PERTURBATIONS = (1, 4, 8, 32)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one side gave."""

    attribution: Float[Tensor, "side side"]
    """Of the recipe's unit."""
    seconds: float
    peak_mib: float
    detail: str


def run() -> list[dict[str, Any]]:
    """Seconds of both, each in a process of its own, and the largest difference of the two maps of the unit."""
    ours, reference = (_alone(side) for side in (_ours, _captum))
    layer = UnitAddress.parse(RECIPE.unit).layer
    channels = load(UnitAddress.parse(RECIPE.unit).model, device="cpu").card.layers[layer].channels
    difference = (ours.attribution - reference.attribution).abs().max().item()
    row = {
        "unit": "s",
        "reference": reference.seconds,
        "peak_mib": ours.peak_mib,
        "equal": difference,
        "detail": "; ".join(
            [
                f"{RECIPE.unit}, {RECIPE.size} px, {ours.detail}, peak {ours.peak_mib:.0f} MiB",
                f"captum with {reference.detail}, peak {reference.peak_mib:.0f} MiB",
                f"largest difference {difference / reference.attribution.abs().max().item():.1e} of the largest attribution",
                f"{torch.get_num_threads()} threads",
            ]
        ),
    }
    return [
        {"name": "occlusion_vs_captum", "ours": ours.seconds, "ratio": reference.seconds / ours.seconds, **row},
        # One sweep reads the whole layer; captum takes its time for each unit, measured on one.
        {
            "name": "occlusion_layer_vs_captum",
            "ours": ours.seconds / channels,
            "ratio": reference.seconds * channels / ours.seconds,
            **row,
            "detail": f"per unit of {channels}, captum measured on one; {row['detail']}",
        },
    ]


def attribution(swept: LayerSweep, *, channel: int, patch: int, stride: int, side: int) -> Float[Tensor, "side side"]:
    """Captum's map out of our grid: at each pixel the mean loss of activation over the squares that cover it."""
    loss = torch.from_numpy(swept.base[channel] - swept.grids[channel])[None, None]
    square = torch.ones(1, 1, patch, patch)
    total = functional.conv_transpose2d(loss, square, stride=stride)
    count = functional.conv_transpose2d(torch.ones_like(loss), square, stride=stride)
    mean = (total / count)[0, 0]
    # Pixels that no square covers have lost nothing.
    return functional.pad(mean, (0, side - mean.shape[1], 0, side - mean.shape[0]))


def _alone(measure: Any) -> Measured:
    """A measurement in a process of its own, so that its peak of memory is its own too."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure).result()


def _measured(seconds: float, map_: Tensor, *, detail: str) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(attribution=map_, seconds=seconds, peak_mib=peak, detail=detail)


def _image(model: LoadedModel) -> Tensor:
    return as_tensor(open_pool("photographs", size=10, seed=1).read(1, side=RECIPE.size).pixels[None], device=model.device)[0]


def _ours() -> Measured:
    unit = UnitAddress.parse(RECIPE.unit)
    model = load(unit.model, device="cpu")
    image = _image(model)

    def swept(recipe: Occlusion) -> LayerSweep:
        over = sliding(recipe, image=image)
        return layer_sweep(recipe, image=image, sliding=over, model=model, report=lambda *_progress: None)

    swept(replace(RECIPE, stride=TRIAL_STRIDE))
    started = time.perf_counter()
    result = swept(RECIPE)
    seconds = time.perf_counter() - started
    assert not result.why_whole
    patch = round(RECIPE.patch * RECIPE.size)
    map_ = attribution(result, channel=unit.channel, patch=patch, stride=RECIPE.stride, side=RECIPE.size)
    return _measured(seconds, map_, detail=f"{np.prod(result.grids.shape[1:])} positions")


def _captum() -> Measured:
    unit = UnitAddress.parse(RECIPE.unit)
    model = load(unit.model, device="cpu")
    image = _image(model)
    trials = {}
    for count in PERTURBATIONS:
        _captum_map(image, model=model, unit=unit, stride=3 * TRIAL_STRIDE, per_eval=count)
        trials[count] = _captum_map(image, model=model, unit=unit, stride=TRIAL_STRIDE, per_eval=count)[1]
    best = min(trials, key=lambda count: trials[count])
    map_, seconds = _captum_map(image, model=model, unit=unit, stride=RECIPE.stride, per_eval=best)
    return _measured(seconds, map_, detail=f"perturbations_per_eval={best} on the verbatim network")


def _captum_map(image: Tensor, *, model: LoadedModel, unit: UnitAddress, stride: int, per_eval: int) -> tuple[Tensor, float]:
    """Captum over a full forward pass whose hook keeps the unit's layer, as its users do it."""
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        kept[:] = [output]

    def forward(images: Tensor) -> Tensor:
        model.network(model.preprocess(images))
        return kept[0][:, unit.channel].mean(dim=(1, 2))

    patch = round(RECIPE.patch * RECIPE.size)
    hook = model.network.get_submodule(unit.layer).register_forward_hook(keep)
    started = time.perf_counter()
    try:
        attributions = CaptumOcclusion(forward).attribute(
            image[None],
            sliding_window_shapes=(3, patch, patch),
            strides=(3, stride, stride),
            baselines=0.5,
            perturbations_per_eval=per_eval,
        )
    finally:
        hook.remove()
    return attributions[0, 0], time.perf_counter() - started
