"""The training of a network of slots, as the loop of `methods.training` wants it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from experiments.datasets.scenes.scene import Scenes
from experiments.methods.slots.objectives import Objective
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import share
from experiments.methods.training.stacked import step_generator
from model_zoo.sources.slot_decoder import Decomposed

HALF = 127.5
"""A byte over this, less 1, is a color from -1 to 1."""


def as_inputs(images: UInt8[Tensor, "batch height width 3"]) -> Float[Tensor, "batch 3 height width"]:
    """Bytes as colors from -1 to 1."""
    return images.permute(0, 3, 1, 2).float() / HALF - 1


def decompose(
    network: nn.Module,
    images: Float[Tensor, "batch 3 height width"],
    *,
    slots: int,
    noise: Float[Tensor, "batch slot dim"],
    hints: Float[Tensor, "batch hinted 4"] | None = None,
) -> Decomposed:
    """The images as so many layers; only a network that takes annotations is given some."""
    given = {} if hints is None else {"hints": hints}
    decomposed: Decomposed = network(images, slots=slots, noise=noise, **given)
    return decomposed


def slot_noise(network: nn.Module, images: int, *, slots: int, generator: torch.Generator) -> Float[Tensor, "image slot dim"]:
    """Standard normal numbers for each slot, on the generator's device; `network` is one of slots, which have its `dim`."""
    return torch.randn(images, slots, cast(int, network.dim), generator=generator, device=generator.device)


@dataclass(frozen=True, kw_only=True, eq=False)
class SlotTask:
    """A network, scenes, and what is to become small."""

    network: nn.Module
    scenes: Scenes
    objective: Objective
    slots: int
    batch: int
    seed: int
    device: str
    measured: Callable[[], Mapping[str, Any]]
    """Measures the network on held-out scenes."""
    hints: Float[Tensor, "scene hinted 4"] | None = None
    """Annotated boxes of the scenes."""
    priced_from: int = 0
    """Step at which slots begin to have their price: before they have found anything, one slot for all would be the cheapest."""

    def groups(self) -> Sequence[Group]:
        """All parameters alike."""
        return [Group(parameters=list(self.network.parameters()))]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of scenes drawn for this step; slots begin at noise drawn for it."""
        generator = step_generator(self.seed, step=step, device=self.device)
        chosen = share(torch.randint(len(self.scenes), (self.batch,), generator=generator, device=self.device)).cpu()
        noise = share(slot_noise(self.network, self.batch, slots=self.slots, generator=generator))
        images = as_inputs(torch.from_numpy(self.scenes.images)[chosen].to(self.device))
        hints = None if self.hints is None else self.hints[chosen].to(self.device)
        decomposed = decompose(self.network.train(), images, slots=self.slots, noise=noise, hints=hints)
        objective = self.objective if step >= self.priced_from else self.objective.without_price
        return objective(decomposed, images)

    def measure(self) -> Mapping[str, Any]:
        """What the owner of the task measures."""
        return self.measured()
