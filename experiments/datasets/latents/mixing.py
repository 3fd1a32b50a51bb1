"""A random invertible network that mixes latents into observations, and its exact inverse. Called by the papers' training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.fields import require


@dataclass(frozen=True, kw_only=True)
class InvertibleMixing:
    """Square linear layers without bias, with leaky ReLUs between them (Zimmermann et al. 2021, section 4.1)."""

    weights: Float[Tensor, "layer latent latent"]
    """In float64 on the CPU; a layer maps a row x to weights @ x."""
    slope: float
    """Of the leaky ReLU below 0."""
    condition_numbers: Sequence[float]
    """Of the layers, the best first."""

    @classmethod
    def draw(cls, latents: int, *, seed: int, layers: int = 3, slope: float = 0.2, pool: int = 3000) -> Self:
        """The layers with the lowest condition numbers of a pool of matrices, uniform on [-1, 1] with columns of length 1.

        The published code draws each layer anew until it is as good as the best of 25,000; the best of one pool follow the same
        law up to ties, in the time of the pool.

        Raises:
            InputError: There is no layer, the pool has fewer matrices than there are layers, or the slope cannot be inverted.
        """
        require(layers >= 1, "layers", f"{layers} layers are none", "Give 1 or more")
        require(slope > 0, "slope", f"{slope} is not above 0, so that nothing could undo it", "Give a number above 0")
        require(pool >= layers, "pool", f"{pool} matrices are no {layers} layers", "Make the pool larger")
        drawn = np.random.default_rng(seed).uniform(-1, 1, size=(pool, latents, latents))
        matrices = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        conditions = np.linalg.cond(matrices)
        best = np.argsort(conditions)[:layers]
        return cls(
            weights=torch.from_numpy(matrices[best]),
            slope=slope,
            condition_numbers=tuple(float(condition) for condition in conditions[best]),
        )

    def __call__(self, latents: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The observations, in the precision and on the device of the latents."""
        mixed = latents
        for number, layer in enumerate(self.weights.to(latents)):
            mixed = (functional.leaky_relu(mixed, self.slope) if number else mixed) @ layer.T
        return mixed

    def inverse(self, observations: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The latents, in float64."""
        latents = observations.double().reshape(-1, observations.shape[-1])
        for number, layer in enumerate(self.weights.to(latents).flip(0)):
            latents = functional.leaky_relu(latents, 1 / self.slope) if number else latents
            latents = torch.linalg.solve(layer.T, latents, left=False)
        return latents.reshape(observations.shape)
