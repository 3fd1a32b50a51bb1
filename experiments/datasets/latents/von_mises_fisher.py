"""The von Mises-Fisher law on the sphere, by a table of the angle to its mean direction."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.datasets.latents.spaces import Space, Sphere
from experiments.datasets.latents.tabulated import NODES, Tabulated

FARTHEST = 40.0


@dataclass(frozen=True)
class VonMisesFisher:
    """The density falls as exp(concentration · cos(angle to around)); exact to 1e-9 in probability."""

    concentration: float

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
        angle = _angles(space.latents, self.concentration, around.device).quantile(uniform)[..., None].to(around.dtype)
        pole = functional.normalize(around, dim=-1)
        noise = torch.randn(around.shape, dtype=around.dtype, generator=generator, device=generator.device)
        tangent = functional.normalize(noise - (noise * pole).sum(dim=-1, keepdim=True) * pole, dim=-1)
        return space.radius * (angle.cos() * pole + angle.sin() * tangent)


@functools.cache
def _angles(latents: int, concentration: float, device: torch.device) -> Tabulated:
    """The law of the angle: sin^(n-2) exp(concentration cos), where it is not negligible."""
    angles = np.linspace(0, np.pi, NODES + 1)
    seen = _log_density(angles, latents=latents, concentration=concentration)
    last = angles[min(NODES, np.flatnonzero(seen > seen.max() - FARTHEST)[-1] + 1)]
    angles = np.linspace(0, last, NODES + 1)
    return Tabulated.of(_log_density(angles, latents=latents, concentration=concentration), start=0, end=float(last)).to(device)


def _log_density(angles: np.ndarray, *, latents: int, concentration: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        log_area = (latents - 2) * np.log(np.sin(angles).clip(0)) if latents > 2 else np.zeros_like(angles)
    # cos - 1 by the half angle: no digits are lost for a high concentration.
    return log_area - 2 * concentration * np.sin(angles / 2) ** 2
