"""The laws of the latents themselves: uniform, or around the center of the space. Called by the papers' training."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.datasets.latents.conditionals import Conditional
from experiments.datasets.latents.spaces import Space


@dataclass(frozen=True)
class Uniform:
    """All points of the space alike."""

    def sample(self, count: int, *, space: Space, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Independent points.

        Raises:
            InputError: The space is unbounded.
        """
        return space.uniform(count, generator=generator)


@dataclass(frozen=True)
class Centered:
    """A conditional law around the center of the space: 0, the middle of a box, a pole of a sphere."""

    law: Conditional

    def sample(self, count: int, *, space: Space, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Independent points."""
        center = space.center().to(generator.device)
        return self.law.sample(center.expand(count, -1), space=space, generator=generator)


Marginal = Uniform | Centered
