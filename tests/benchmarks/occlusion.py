"""An occlusion map at the published scale against captum."""

import resource
import time
from dataclasses import replace
from typing import Any

import torch
from captum.attr import Occlusion as CaptumOcclusion
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.contract.recipes import Occlusion
from experiments.datasets.pool import open_pool
from experiments.methods.exemplars import as_tensor
from experiments.methods.occlusion import Sweep, sweep
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

# A square of 90 px over 224 px every 2 px: 68 x 68 positions. Gray, because captum cannot fill with the patch's mean.
RECIPE = Occlusion(unit="efficientnet_lite0.in1k/_blocks.10:5", size=224, patch=0.4, stride=2, fill="gray")
TRIAL_STRIDE = 13
"""12 x 12 positions, on which captum's `perturbations_per_eval` is chosen."""
PERTURBATIONS = (1, 8, 32)


def run() -> list[dict[str, Any]]:
    """Seconds of both, and the largest difference of the two maps."""
    unit = UnitAddress.parse(RECIPE.unit)
    model = load(unit.model, device="cpu")
    image = as_tensor(open_pool("photographs", size=10, seed=1).read(1, side=RECIPE.size).pixels[None], device="cpu")[0]
    _ours(image, model=model, recipe=replace(RECIPE, stride=TRIAL_STRIDE))
    swept, ours = _ours(image, model=model, recipe=RECIPE)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    trials = {count: _captum(image, model=model, unit=unit, stride=TRIAL_STRIDE, per_eval=count)[1] for count in PERTURBATIONS}
    best = min(trials, key=lambda count: trials[count])
    reference_map, reference = _captum(image, model=model, unit=unit, stride=RECIPE.stride, per_eval=best)
    return [
        {
            "name": "occlusion_vs_captum",
            "ours": ours,
            "reference": reference,
            "ratio": reference / ours,
            "unit": "s",
            "peak_mib": peak,
            "equal": (attribution(swept, side=RECIPE.size) - reference_map).abs().max().item(),
            "detail": f"{RECIPE.unit}, {swept.grid.size} positions at {RECIPE.size} px; captum with "
            f"perturbations_per_eval={best} on the verbatim network; {torch.get_num_threads()} threads",
        }
    ]


def attribution(swept: Sweep, *, side: int) -> Float[Tensor, "side side"]:
    """Captum's map out of our grid: at each pixel the mean loss of activation over the squares that cover it."""
    loss = torch.from_numpy(swept.base - swept.grid)[None, None]
    square = torch.ones(1, 1, swept.patch, swept.patch)
    total = functional.conv_transpose2d(loss, square, stride=swept.stride)
    count = functional.conv_transpose2d(torch.ones_like(loss), square, stride=swept.stride)
    mean = (total / count)[0, 0]
    # Pixels that no square covers have lost nothing.
    return functional.pad(mean, (0, side - mean.shape[1], 0, side - mean.shape[0]))


def _ours(image: Tensor, *, model: LoadedModel, recipe: Occlusion) -> tuple[Sweep, float]:
    started = time.perf_counter()
    swept = sweep(recipe, image=image, model=model, report=lambda _done, _total, _doing: None)
    return swept, time.perf_counter() - started


def _captum(image: Tensor, *, model: LoadedModel, unit: UnitAddress, stride: int, per_eval: int) -> tuple[Tensor, float]:
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
