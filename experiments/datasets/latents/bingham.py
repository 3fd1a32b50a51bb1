"""Proposals for a Fisher-Bingham law on the sphere from an angular central Gaussian one. Called by the anisotropic law.

With u = z / radius, t = mean·u, the density is exp(pull t - ½ uᵀ precisions u). That of the axis ±u has cosh(pull t) for the
exponential, whose logarithm is concave in t² and so below its tangent at the mode: a Bingham density exp(-uᵀ A u) with
A = ½ precisions - bend mean meanᵀ. This is below an angular central Gaussian one with the matrix 1 + 2A / spread (Kent, Ganeiber
and Mardia 2018), which is diagonal but for a term of rank one and so drawn without a matrix root.
"""

import functools
import math

import torch
from jaxtyping import Bool, Float
from scipy.optimize import brentq
from torch import Tensor
from torch.nn import functional


def proposals(
    rows: Float[Tensor, "*batch latent"], *, precisions: tuple[float, ...], radius: float, generator: torch.Generator
) -> tuple[Float[Tensor, "*batch latent"], Bool[Tensor, "*batch"]]:
    """One point of the sphere for each row, and whether it is accepted; accepted ones follow the law around the row exactly."""
    scaled = rows.new_tensor(precisions) * radius**2
    spread = _spread(tuple(one * radius**2 for one in precisions))
    toward = scaled * rows / radius
    pull = toward.norm(dim=-1)
    mean = toward / pull[..., None]
    height = (mean * rows).sum(dim=-1) / radius
    bend = pull * (pull * height).tanh() / (2 * height)
    points = _central_gaussian(mean, diagonal=1 + scaled / spread, rank_one=2 * bend / spread, generator=generator)

    cosine = (mean * points).sum(dim=-1)
    squares = 0.5 * (scaled * points.square()).sum(dim=-1)
    at_mode = _log_cosh(pull * height) - bend * height.square()
    gaussian = -len(precisions) / 2 * torch.log1p(2 * (squares - bend * cosine.square()) / spread)
    highest = (spread - len(precisions)) / 2 + len(precisions) / 2 * math.log(len(precisions) / spread)
    share = (_log_cosh(pull * cosine) - squares - at_mode - gaussian - highest).exp()
    drawn = torch.rand(2, *share.shape, dtype=rows.dtype, generator=generator, device=generator.device)
    side = torch.where(drawn[1] < torch.sigmoid(2 * pull * cosine), radius, -radius)
    return side[..., None] * points, drawn[0] < share


def _central_gaussian(
    mean: Float[Tensor, "*batch latent"],
    *,
    diagonal: Float[Tensor, " latent"],
    rank_one: Float[Tensor, "*batch"],
    generator: torch.Generator,
) -> Float[Tensor, "*batch latent"]:
    """Directions of normal vectors whose inverse covariance is diagonal - rank_one mean meanᵀ: their covariance is known too."""
    latents = mean.shape[-1]
    noise = torch.randn(*mean.shape[:-1], latents + 1, dtype=mean.dtype, generator=generator, device=generator.device)
    inner = (mean.square() / diagonal).sum(dim=-1)
    along = (rank_one / (1 - rank_one * inner)).sqrt() * noise[..., -1]
    return functional.normalize(noise[..., :latents] / diagonal.sqrt() + along[..., None] * mean / diagonal, dim=-1)


@functools.cache
def _spread(precisions: tuple[float, ...]) -> float:
    """That of the most accepted points (Kent, Ganeiber and Mardia 2018), as if the mode lay on the axis of the least precision.

    Others only cost time: points follow the law with any spread between 0 and the number of latents.
    """
    others = sorted(precisions)[1:]
    return float(brentq(lambda spread: 1 / spread + sum(1 / (spread + one) for one in others) - 1, 1.0, len(precisions)))


def _log_cosh(values: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    return values.abs() + torch.log1p(torch.exp(-2 * values.abs())) - math.log(2)
