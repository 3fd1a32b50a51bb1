"""The laws of a positive around a latent, by one name for each. Called by the papers' training."""

from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.datasets.latents.anisotropic import Anisotropic as Anisotropic
from experiments.datasets.latents.generalized_normal import GeneralizedNormal as GeneralizedNormal
from experiments.datasets.latents.generalized_normal import Laplace as Laplace
from experiments.datasets.latents.generalized_normal import Normal as Normal
from experiments.datasets.latents.spaces import Space
from experiments.datasets.latents.von_mises_fisher import VonMisesFisher as VonMisesFisher


class Conditional(Protocol):
    """A law around a point."""

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the space for each; `around` is on the device of the generator."""
