"""Gradient ascent on a batch of images, whatever the objective. Called by `render` and `render_units`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.feature_visualization.early_stop import GradientSettles
from experiments.methods.feature_visualization.objectives import Objective
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.reading import Reader, quick_reader, waking_reader
from experiments.methods.feature_visualization.transforms import crop
from model_zoo.activations import halved
from model_zoo.loading import LoadedModel

Report = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what is being done; may raise Cancelled."""
WAKING_STEPS = 64
"""So long, under transforms of their own in each step, are units that are off led towards life; none will come later."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The images after `step` steps."""

    step: int
    images: Float[Tensor, "batch 3 size size"]
    """As they would be shown."""
    seen: Float[Tensor, "batch 3 size size"]
    """As the network sees them in the next step: transformed, with gray where a view reaches beyond the image."""


@dataclass(frozen=True, kw_only=True)
class Ascent:
    """What an optimization ended with."""

    images: Float[Tensor, "batch 3 size size"]
    snapshots: Sequence[Snapshot]
    """One per threshold, in order; those after an early stop are missing."""
    steps: int
    """How many were done."""
    dead: list[bool]
    """Of each image, whether its objective never was anything but 0, or never had a gradient: the image shows nothing of it."""


def ascend(
    objective: Objective,
    *,
    model: LoadedModel,
    seeds: Sequence[int],
    options: Options,
    report: Report,
    besides: Objective | None = None,
) -> Ascent:
    """Optimize one image per seed; image i depends on seed i and, unless what comes `besides` couples images, on no other one.

    While the objective of an image has been off, the first steps are led by it alone, past the ReLUs that are off
    (`redirected_relu`). An image whose objective is alive in the first step is made without that.

    An early stop ends all images at once, by the norm of the gradient of the whole batch, as published; so it couples them too.
    Where memory runs out, the network sees half as many images at a time, and so on; the images are optimized together still.

    Raises:
        InputError: The objective is not finite, does not fit its layer, or memory does not suffice for one image.
    """
    climb = _Climb(objective, besides=besides, model=model, seeds=seeds, options=options)
    snapshots, doing, done = [], f"visualization in {model.card.id}/{','.join(sorted(objective.layers))}", 0
    for done in range(options.steps + 1):
        report(done, options.steps, doing)
        images, seen = climb.look()
        if done in options.thresholds:
            snapshots.append(Snapshot(step=done, images=climb.shown(images), seen=seen.detach().clone()))
        if done == options.steps or climb.has_settled or (done == WAKING_STEPS and climb.dead.all()):
            break
        climb.step(seen, wakes=done < WAKING_STEPS)
    return Ascent(images=climb.shown(images), snapshots=snapshots, steps=done, dead=climb.dead.tolist())


class _Climb:
    """An optimization under way."""

    def __init__(
        self,
        objective: Objective,
        *,
        besides: Objective | None,
        model: LoadedModel,
        seeds: Sequence[int],
        options: Options,
    ) -> None:
        self.objective, self.besides, self.size, self.views = objective, besides, options.size, options.views
        self.streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.canvas = options.canvas(self.streams, device=model.device)
        self.reader, self.waking_reader = quick_reader(model, objective.layers), waking_reader(model, objective.layers)
        self.optimizer = torch.optim.Adam([self.canvas.parameter], lr=options.learning_rate, fused=True)
        self.rule = GradientSettles() if options.early_stop else None
        self.has_settled = False
        self.dead = torch.ones(len(seeds), dtype=torch.bool)
        self.length = len(seeds)

    def look(self) -> tuple[Float[Tensor, "batch 3 canvas canvas"], Float[Tensor, "batch 3 size size"]]:
        """The canvas, and what the network sees of it this time."""
        images = self.canvas()
        return images, self.views.view(images, side=self.size, streams=self.streams)

    def shown(self, images: Float[Tensor, "batch 3 canvas canvas"]) -> Float[Tensor, "batch 3 size size"]:
        """The part of a canvas that is shown."""
        return crop(images.detach(), margin=self.views.canvas_margin).clone()

    def step(self, seen: Float[Tensor, "batch 3 size size"], *, wakes: bool) -> None:
        """One step uphill; for objectives that have been off so far a redirected one, if it `wakes`."""
        direction, values = self._direction(seen, reader=self.reader, besides=self.besides)
        if self.dead.any():
            self.dead &= ((values == 0) | ~direction.flatten(1).any(dim=1)).cpu()
        if wakes and self.dead.any():
            redirected, _ = self._direction(seen, reader=self.waking_reader, besides=None)
            direction = torch.where(self.dead.to(direction.device)[:, None, None, None], redirected, direction)
        (gradient,) = torch.autograd.grad(seen, [self.canvas.parameter], direction)
        self.canvas.parameter.grad = gradient
        self.optimizer.step()
        self.has_settled = self.rule is not None and self.rule.settled(gradient.norm().item())

    def _direction(
        self, seen: Float[Tensor, "batch 3 size size"], *, reader: Reader, besides: Objective | None
    ) -> tuple[Float[Tensor, "batch 3 size size"], Float[Tensor, " batch"]]:
        """The gradient downhill at what the network sees, and the objective; memory has to hold `length` images at a time."""

        def run(length: int) -> tuple[Tensor, Tensor]:
            inputs = seen.detach().requires_grad_()
            outputs = reader.read_sparingly(inputs, length=length)
            values = self.objective.values(outputs)
            total = values if besides is None else values + besides.values(outputs)
            if not total.isfinite().all():
                message = f"the activations in {', '.join(sorted(self.objective.layers))} are not finite"
                raise InputError(field="unit", message=message, remedy="Choose another unit, or check the model's weights")
            # The sum, so that the gradient of an image does not depend on how many there are.
            (gradient,) = torch.autograd.grad(-total.sum(), [inputs])
            return gradient, values.detach()

        self.length, found = halved(self.length, run=run)
        return found
