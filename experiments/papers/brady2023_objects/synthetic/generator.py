"""The true generator of the synthetic experiment: latents of objects, and one network that renders each of them by itself."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

import torch
from jaxtyping import Float
from scipy.stats import wishart
from torch import Tensor
from torch.nn import functional

from experiments.methods.training.stacked import step_generator

LATENTS, WIDTH = 3, 20
"""Latents of a slot, and outputs that it renders."""
SLOPE = 0.01
"""Of the generator's leaky ReLU."""
POOL, QUARTILE = 10_000, 0.25
"""Matrices whose condition numbers say which are accepted."""
LAW, MATRICES, DRAWS = range(3)
"""The streams of randomness of a seed."""
Dependence = Literal["independent", "dependent"]


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The generator of a seed: the law of the latents, and the network that is shared by all slots."""

    slots: int
    scale: Float[Tensor, "latent latent"]
    """Lower triangular; standard normal vectors times its transpose follow the law of the latents."""
    weights: tuple[Float[Tensor, "width latent"], Float[Tensor, "width width"]]

    @classmethod
    def draw(cls, slots: int, *, latents: Dependence, seed: int) -> Self:
        """Latents N(0, I), or N(0, S) with S from a Wishart law of as many degrees of freedom as there are latents.

        The weights are uniform with columns of norm 1; a matrix is drawn anew until its condition number is in the lowest
        quarter of those of square ones (Brady et al. 2023, released code).
        """
        size = slots * LATENTS
        scale = torch.eye(size)
        if latents == "dependent":
            law = wishart(df=size, scale=torch.eye(size).numpy())
            covariance = torch.as_tensor(law.rvs(random_state=seed)).reshape(size, size)
            scale = torch.linalg.cholesky(covariance).float()
        generator = step_generator(seed, step=MATRICES, device="cpu")
        first, second = (_well_conditioned(columns, generator=generator) for columns in (LATENTS, WIDTH))
        return cls(slots=slots, scale=scale, weights=(first, second))

    def sample(self, count: int, *, seed: int) -> Float[Tensor, "count slot latent"]:
        """Latents of so many scenes."""
        generator = step_generator(seed, step=DRAWS, device="cpu")
        size = self.slots * LATENTS
        return (torch.randn(count, size, generator=generator) @ self.scale.T).reshape(count, self.slots, LATENTS)

    def render(self, latents: Float[Tensor, "count slot latent"]) -> Float[Tensor, "count observed"]:
        """What is observed: the outputs of the slots one behind the other."""
        hidden = functional.leaky_relu(latents @ self.weights[0].T, SLOPE)
        return (hidden @ self.weights[1].T).flatten(-2)


def _well_conditioned(columns: int, *, generator: torch.Generator) -> Float[Tensor, "width columns"]:
    while True:
        matrix = _matrices(1, columns=columns, generator=generator)
        if float(torch.linalg.cond(matrix)) <= _highest_condition():
            return matrix[0]


@cache
def _highest_condition() -> float:
    pool = _matrices(POOL, columns=WIDTH, generator=step_generator(0, step=LAW, device="cpu"))
    return float(torch.linalg.cond(pool).quantile(QUARTILE))


def _matrices(count: int, *, columns: int, generator: torch.Generator) -> Float[Tensor, "count width columns"]:
    entries = 2 * torch.rand(count, WIDTH, columns, generator=generator) - 1
    return functional.normalize(entries, dim=1)
