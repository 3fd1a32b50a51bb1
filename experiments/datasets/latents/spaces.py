"""The spaces of latent variables: sphere, box, and all of R^n. Called by conditionals, marginals and the papers' training."""

from dataclasses import KW_ONLY, dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError


@dataclass(frozen=True)
class Sphere:
    """All points at a distance from 0, in as many dimensions as there are latents."""

    latents: int
    _: KW_ONLY
    radius: float = 1.0

    def uniform(self, count: int, *, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Points on the device of the generator."""
        return self.project(torch.randn(count, self.latents, generator=generator, device=generator.device))

    def project(self, points: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The points of the sphere in the same directions."""
        return self.radius * functional.normalize(points, dim=-1)

    def center(self) -> Float[Tensor, " latent"]:
        """The pole on the first axis, around which marginals that are not uniform lie."""
        return self.radius * torch.eye(self.latents)[0]


@dataclass(frozen=True)
class Box:
    """The same interval for each latent."""

    latents: int
    _: KW_ONLY
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise InputError(field="low", message=f"[{self.low}, {self.high}] is empty", remedy="Give a low below the high")

    def uniform(self, count: int, *, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Points on the device of the generator."""
        shares = torch.rand(count, self.latents, generator=generator, device=generator.device)
        return self.low + (self.high - self.low) * shares

    def project(self, points: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The nearest points of the box."""
        return points.clamp(self.low, self.high)

    def center(self) -> Float[Tensor, " latent"]:
        """The middle."""
        return torch.full((self.latents,), (self.low + self.high) / 2)


@dataclass(frozen=True)
class Unbounded:
    """All of R^n."""

    latents: int

    def uniform(self, count: int, *, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """There is none.

        Raises:
            InputError: Always.
        """
        raise InputError(
            field="marginal",
            message="nothing is uniform on an unbounded space",
            remedy="Take a normal or Laplace marginal, or a box or sphere",
        )

    def project(self, points: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The points themselves."""
        return points

    def center(self) -> Float[Tensor, " latent"]:
        """The origin."""
        return torch.zeros(self.latents)


Space = Sphere | Box | Unbounded


def require_above_zero(**numbers: float) -> None:
    """Check numbers of a law, by their names.

    Raises:
        InputError: One is 0 or less.
    """
    for field, value in numbers.items():
        if not value > 0:
            raise InputError(field=field, message=f"{value} is not above 0", remedy="Give a number above 0")
