"""The law on the sphere whose density falls faster in some latents than in others (Rusak et al. 2024). Called by the papers."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.datasets.latents.bingham import proposals
from experiments.datasets.latents.spaces import Space, Sphere

SHELL = 0.1
"""Largest distance to the sphere from which the published code projects."""
ROUNDS = 1000
MOST_TRIES = 64
"""For a point in a round."""


@dataclass(frozen=True)
class Anisotropic:
    """The density falls as exp(-½ sum_d precisions_d (z_d - around_d)²).

    These are the precisions of the published code, twice those of the paper's page and of a loss without the ½. Drawn by
    rejection, many tries at once: of ten latents with precisions from 5 to 25 a fifth of the tries are accepted, with half of
    them 250 and half 5 a twelfth.
    """

    precisions: tuple[float, ...]
    _: KW_ONLY
    law: Literal["exact", "shell"] = "exact"
    """`shell`: as published, normal steps that end within 0.1 of the sphere, then projected; not quite that density."""

    def __post_init__(self) -> None:
        if not self.precisions or min(self.precisions) <= 0:
            raise InputError(field="precisions", message=f"{self.precisions} are not all above 0", remedy="Give numbers above 0")

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the sphere for each, in the precision of `around` and on the device of the generator.

        Raises:
            InputError: The space is no sphere or has another number of latents than there are precisions, or the law is so
                unlike its proposals that no try of thousands is accepted.
        """
        if not isinstance(space, Sphere) or space.latents != len(self.precisions):
            raise InputError(
                field="conditional",
                message=f"{len(self.precisions)} precisions give no law on {space}",
                remedy="Take a sphere with as many latents as precisions",
            )

        def tried(rows: Tensor) -> tuple[Tensor, Tensor]:
            if self.law == "exact":
                return proposals(rows, precisions=self.precisions, radius=space.radius, generator=generator)
            return _shell(rows, precisions=self.precisions, space=space, generator=generator)

        return _accepted(around.reshape(-1, space.latents), tried).reshape(around.shape)


def _accepted(rows: Float[Tensor, "row latent"], tried: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Float[Tensor, "row latent"]:
    """For each row the first try that is accepted; the fewer rows are missing, the more tries each has in a round."""
    points = torch.empty_like(rows)
    missing = torch.arange(len(rows), device=rows.device)
    for _ in range(ROUNDS):
        tries = min(MOST_TRIES, 2 * len(rows) // len(missing))
        drawn, accepted = tried(rows[missing].expand(tries, -1, -1))
        first = accepted.int().argmax(dim=0)
        is_found = accepted.any(dim=0)
        points[missing[is_found]] = drawn[first, torch.arange(len(missing), device=rows.device)][is_found]
        missing = missing[~is_found]
        if not len(missing):
            return points
    raise InputError(
        field="precisions",
        message=f"in {ROUNDS} rounds no point was accepted for {len(missing)} of {len(rows)}",
        remedy="Make them more alike, or take the law exact",
    )


def _shell(
    rows: Float[Tensor, "*batch latent"], *, precisions: tuple[float, ...], space: Sphere, generator: torch.Generator
) -> tuple[Float[Tensor, "*batch latent"], Bool[Tensor, "*batch"]]:
    steps = torch.randn(rows.shape, dtype=rows.dtype, generator=generator, device=generator.device)
    reached = rows + steps / rows.new_tensor(precisions).sqrt()
    return space.project(reached), (reached.norm(dim=-1) - space.radius).abs() < SHELL
