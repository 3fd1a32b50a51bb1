"""Many images optimized at once, each for a unit of its own, watched at steps 0, 1, 2, 4, 8 …; what detectors learn from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.recipes import Sign
from experiments.methods.fourier import FourierImages
from experiments.methods.transforms import TRANSFORMS
from model_zoo.activations import aggregate, layer_output
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel

LEARNING_RATE = 0.05
BATCH = 8
"""Images that are optimized together; on two cores more of them cost time."""
Objective: TypeAlias = Callable[[Float[Tensor, "batch 3 side side"]], Float[Tensor, " batch"]]
"""Images in [0, 1] -> the number of each that shall rise."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way of visualizing."""

    transforms: str = "standard"
    sign: Sign = "max"


VARIANTS = (
    Variant(),
    Variant(transforms="published"),
    Variant(sign="min"),
    Variant(transforms="none"),
    Variant(transforms="published", sign="min"),
    Variant(transforms="none", sign="min"),
)
"""All that the recipes of visualizations offer; a detector knows what it was trained on."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Images after so many steps."""

    step: int
    seen: Float[Tensor, "batch 3 side side"]
    """As the network sees them, transformed."""
    images: Float[Tensor, "batch 3 side side"]
    """As they are shown."""


def snapshot_steps(steps: int) -> list[int]:
    """0, 1, 2, 4, 8 … and the last: visualizations change fastest at first."""
    powers = [2**i for i in range(steps.bit_length()) if 2**i < steps]
    return [0, *powers, steps]


def optimized(
    objective: Objective,
    *,
    batch: int,
    size: int,
    steps: int,
    variant: Variant,
    generator: torch.Generator,
    device: str,
    report: Callable[[int], None],
) -> Iterator[Snapshot]:
    """Optimize images by gradient ascent, parametrized and transformed as in lucent; `report` is told each step."""
    transforms, direction = TRANSFORMS[variant.transforms], 1 if variant.sign == "max" else -1
    side = size + (2 * transforms.canvas_margin if transforms else 0)
    canvas = FourierImages(batch=batch, side=side, generator=generator, device=device)
    optimizer = torch.optim.Adam([canvas.spectrum], lr=LEARNING_RATE, fused=True)
    kept = set(snapshot_steps(steps))
    for step in range(steps + 1):
        image = canvas()
        seen = transforms.view(image, side=size, generator=generator) if transforms else image
        if step in kept:
            shown = transforms.crop(image) if transforms else image
            yield Snapshot(step=step, seen=seen.detach(), images=shown.detach())
        if step < steps:
            report(step)
            (canvas.spectrum.grad,) = torch.autograd.grad(-direction * objective(seen).sum(), [canvas.spectrum])
            optimizer.step()


def unit_objective(model: LoadedModel, units: Sequence[UnitAddress], *, aggregation: str) -> Objective:
    """The activation of one unit for each image; the units are of one layer, and of one position if of any."""
    first, channels = units[0], torch.tensor([unit.channel for unit in units], device=model.device)

    def objective(images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, " batch"]:
        output = layer_output(model, first.layer, images=images)
        values = aggregate(output, aggregation=aggregation, row=first.row, column=first.column)
        return values.gather(1, channels[:, None])[:, 0]

    return objective
