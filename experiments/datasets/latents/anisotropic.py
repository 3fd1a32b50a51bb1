"""The law on the sphere whose density falls faster in some latents than in others (Rusak et al. 2024), sampled exactly."""

import functools
import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import torch
from jaxtyping import Float
from scipy.optimize import brentq
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.datasets.latents.spaces import Space, Sphere

SHELL = 0.1
"""Largest distance to the sphere from which the published code projects."""
ROUNDS = 1000


@dataclass(frozen=True)
class Anisotropic:
    """The density falls as exp(-½ sum_d precisions_d (z_d - around_d)²): that of the published code, twice that of its page."""

    precisions: tuple[float, ...]
    _: KW_ONLY
    law: Literal["exact", "shell"] = "exact"
    """`shell`: as published, normal steps that end within 0.1 of the sphere, then projected."""

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the sphere for each, in the precision of `around` and on the device of the generator.

        Raises:
            InputError: The space is no sphere, or has another number of latents than there are precisions.
        """
        if not isinstance(space, Sphere) or space.latents != len(self.precisions):
            raise InputError(
                field="conditional",
                message=f"{len(self.precisions)} precisions give no law on {space}",
                remedy="Take a sphere with as many latents as precisions",
            )
        rows = around.reshape(-1, space.latents)
        precisions = rows.new_tensor(self.precisions)
        points = torch.empty_like(rows)
        missing = torch.arange(len(rows), device=rows.device)
        for _ in range(ROUNDS):
            # As many proposals in each round as there are rows: few rounds, whose operations are worth their call.
            tried = missing.repeat(len(rows) // len(missing))
            if self.law == "exact":
                drawn, is_accepted = _bingham(rows[tried], precisions=precisions, radius=space.radius, generator=generator)
            else:
                drawn, is_accepted = _shell(rows[tried], precisions=precisions, space=space, generator=generator)
            accepted = is_accepted.view(-1, len(missing))
            is_found = accepted.any(dim=0)
            # The first that is accepted for each row; by place, so that equal seeds give equal points.
            first = accepted.int().argmax(dim=0) * len(missing) + torch.arange(len(missing), device=rows.device)
            points[missing[is_found]] = drawn[first[is_found]]
            missing = missing[~is_found]
            if not len(missing):
                return points.reshape(around.shape)
        raise InputError(field="precisions", message=f"{self.precisions} leave too few points", remedy="Make them more alike")


def _shell(rows: Tensor, *, precisions: Tensor, space: Sphere, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    steps = torch.randn(rows.shape, dtype=rows.dtype, generator=generator, device=generator.device) / precisions.sqrt()
    reached = rows + steps
    return space.project(reached), (reached.norm(dim=-1) - space.radius).abs() < SHELL


def _bingham(rows: Tensor, *, precisions: Tensor, radius: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Proposals of an angular central Gaussian law, and which of them are accepted.

    With u = z / radius and t = mean·u the density is exp(pull t - ½ uᵀ precisions u). That of the axis ±u has cosh(pull t) for
    the exponential, whose logarithm is concave in t² and so below its tangent at the mode: a Bingham density, which is below an
    angular central Gaussian one (Kent, Ganeiber and Mardia 2018). The precision matrix of that Gaussian is diagonal but for a
    term of rank one, so that it is drawn without a matrix root; the side of the axis is drawn last.
    """
    latents = rows.shape[-1]
    precisions = precisions * radius**2
    toward = precisions * rows / radius
    pull = toward.norm(dim=-1, keepdim=True)
    mean = toward / pull
    height = (mean * rows).sum(dim=-1, keepdim=True) / radius
    bend = pull * (pull * height).tanh() / (2 * height)
    spread = _spread(tuple(precisions.tolist()))
    diagonal = 1 + precisions / spread
    rank_one = 2 * bend / spread
    inner = (mean.square() / diagonal).sum(dim=-1, keepdim=True)
    noise = torch.randn(*rows.shape[:-1], latents + 1, dtype=rows.dtype, generator=generator, device=generator.device)
    along = (rank_one / (1 - rank_one * inner)).sqrt() * noise[..., latents:]
    points = functional.normalize(noise[..., :latents] / diagonal.sqrt() + along * mean / diagonal, dim=-1)

    cosine = (mean * points).sum(dim=-1, keepdim=True)
    squares = 0.5 * (precisions * points.square()).sum(dim=-1, keepdim=True)
    exponent = squares - bend * cosine.square()
    highest = (spread - latents) / 2 + latents / 2 * math.log(latents / spread)
    tangent = _log_cosh(pull * height) - bend * height.square()
    log_accept = _log_cosh(pull * cosine) - squares - tangent + latents / 2 * torch.log1p(2 * exponent / spread) - highest
    drawn = torch.rand(2, *cosine.shape, dtype=rows.dtype, generator=generator, device=generator.device)
    side = torch.where(drawn[1] < torch.sigmoid(2 * pull * cosine), 1.0, -1.0)
    return radius * side * points, (drawn[0].log() < log_accept)[..., 0]


@functools.cache
def _spread(precisions: tuple[float, ...]) -> float:
    """Of the Gaussian's tails: the b of Kent, Ganeiber and Mardia 2018, as if the mode lay on the axis of the least precision."""
    others = sorted(precisions)[1:]
    return float(brentq(lambda b: 1 / b + sum(1 / (b + one) for one in others) - 1, 1.0, len(precisions)))


def _log_cosh(values: Tensor) -> Tensor:
    return values.abs() + torch.log1p(torch.exp(-2 * values.abs())) - math.log(2)
