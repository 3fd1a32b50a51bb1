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
from experiments.methods.feature_visualization.reading import quick_reader
from experiments.methods.feature_visualization.transforms import crop
from model_zoo.activations import halved
from model_zoo.loading import LoadedModel

Report = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what is being done; may raise Cancelled."""
DEAD_STEPS = 16
"""After so many steps without any gradient, each under transforms of its own, none will come."""


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
    """Of each image, whether its objective never had a gradient, so that the image is the noise of the beginning."""


def ascend(objective: Objective, *, model: LoadedModel, seeds: Sequence[int], options: Options, report: Report) -> Ascent:
    """Optimize one image per seed; image i depends on seed i and, unless the objective couples images, on no other one.

    An early stop ends all images at once, by the norm of the gradient of the whole batch, as published; so it couples them too.
    Where memory runs out, the network sees half as many images at a time, and so on; the images are optimized together still.

    Raises:
        InputError: The objective is not finite, does not fit its layer, or memory does not suffice for one image.
    """
    climb = _Climb(objective, model=model, seeds=seeds, options=options)
    snapshots, doing, done = [], f"visualization in {model.card.id}/{','.join(sorted(objective.layers))}", 0
    for done in range(options.steps + 1):
        report(done, options.steps, doing)
        images, seen = climb.look()
        if done in options.thresholds:
            snapshots.append(Snapshot(step=done, images=climb.shown(images), seen=seen.detach().clone()))
        if done == options.steps or climb.has_settled or (done == DEAD_STEPS and climb.dead.all()):
            break
        climb.step(seen)
    return Ascent(images=climb.shown(images), snapshots=snapshots, steps=done, dead=climb.dead.tolist())


class _Climb:
    """An optimization under way."""

    def __init__(self, objective: Objective, *, model: LoadedModel, seeds: Sequence[int], options: Options) -> None:
        self.objective, self.size, self.views = objective, options.size, options.views
        self.streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.canvas = options.canvas(self.streams, device=model.device)
        self.reader = quick_reader(model, objective.layers)
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

    def step(self, seen: Float[Tensor, "batch 3 size size"]) -> None:
        """One step uphill."""
        self.length, direction = halved(self.length, run=lambda length: self._direction(seen.detach(), length=length))
        (gradient,) = torch.autograd.grad(seen, [self.canvas.parameter], direction)
        if self.dead.any():
            self.dead &= ~gradient.flatten(1).any(dim=1).cpu()
        self.canvas.parameter.grad = gradient
        self.optimizer.step()
        self.has_settled = self.rule is not None and self.rule.settled(gradient.norm().item())

    def _direction(self, seen: Float[Tensor, "batch 3 size size"], *, length: int) -> Float[Tensor, "batch 3 size size"]:
        """The gradient downhill at what the network sees, of which memory has to hold `length` images at a time."""
        seen = seen.requires_grad_()
        values = self.objective.values(self.reader.read_sparingly(seen, length=length))
        if not values.isfinite().all():
            message = f"the activations in {', '.join(sorted(self.objective.layers))} are not finite"
            raise InputError(field="unit", message=message, remedy="Choose another unit, or check the model's weights")
        # The sum, so that the gradient of an image does not depend on how many there are.
        (gradient,) = torch.autograd.grad(-values.sum(), [seen])
        return gradient
