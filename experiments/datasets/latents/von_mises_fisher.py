"""The von Mises-Fisher law on the sphere, by a table of the angle to its mean direction."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.datasets.latents.spaces import Space, Sphere, require_above_zero
from experiments.datasets.latents.tabulated import INTERVALS, Tabulated

FARTHEST = 40.0
"""Below the highest logarithm of the density: nothing is left there."""


@dataclass(frozen=True)
class VonMisesFisher:
    """The density falls as exp(concentration · cos(angle to around)); exact to 1e-10 in probability."""

    concentration: float

    def __post_init__(self) -> None:
        require_above_zero(concentration=self.concentration)

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the sphere for each, in the precision of `around` and on the device of the generator.

        Raises:
            InputError: The space is no sphere.
        """
        if not isinstance(space, Sphere):
            raise InputError(
                field="conditional", message=f"von Mises-Fisher is no law on {space}", remedy="Take a sphere, or another law"
            )
        uniform = torch.rand(around.shape[:-1], dtype=torch.float64, generator=generator, device=generator.device)
        angle = angles(space.latents, self.concentration, around.device).quantile(uniform)[..., None].to(around.dtype)
        pole = functional.normalize(around, dim=-1)
        noise = torch.randn(around.shape, dtype=around.dtype, generator=generator, device=generator.device)
        # Twice: where the noise happens to lie along the pole, the first difference is of few digits.
        tangent = _across(pole, _across(pole, noise))
        return space.radius * (angle.cos() * pole + angle.sin() * tangent)


def _across(pole: Tensor, directions: Tensor) -> Tensor:
    """The directions without what they have of the pole's."""
    return functional.normalize(directions - (directions * pole).sum(dim=-1, keepdim=True) * pole, dim=-1)


@functools.cache
def angles(latents: int, concentration: float, device: torch.device) -> Tabulated:
    """The law of the angle: sin^(n-2) exp(concentration cos), where it is not negligible."""
    nodes = np.linspace(0, np.pi, INTERVALS + 1)
    seen = _log_density(nodes, latents=latents, concentration=concentration)
    last = nodes[min(INTERVALS, np.flatnonzero(seen > seen.max() - FARTHEST)[-1] + 1)]
    nodes = np.linspace(0, last, INTERVALS + 1)
    log_density = _log_density(nodes, latents=latents, concentration=concentration)
    return Tabulated.integrated(nodes, log_density=log_density).to(device)


def _log_density(angles: NDArray[np.float64], *, latents: int, concentration: float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        log_area = (latents - 2) * np.log(np.sin(angles).clip(0)) if latents > 2 else np.zeros_like(angles)
    # cos - 1 by the half angle: no digits are lost for a high concentration.
    return log_area - 2 * concentration * np.sin(angles / 2) ** 2
