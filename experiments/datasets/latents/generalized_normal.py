"""Laws whose density falls with a power of the distance (Laplace, normal, generalized normal), without rejection."""

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from experiments.datasets.latents.spaces import Box, Space, require_above_zero
from experiments.datasets.latents.tabulated import INTERVALS, Tabulated

FARTHEST = 40.0
"""Exponent behind which no probability is left: e^-40 is less than a float64 resolves below 1."""


@dataclass(frozen=True)
class GeneralizedNormal:
    """The density falls as exp(-sum_d (|z_d - around_d| / scale)^power).

    In a box each latent is the law cut off at its sides, which is what redrawing each coordinate until it is inside leads to
    (Zimmermann et al. 2021). On a sphere points are drawn in all of R^n and projected.
    """

    power: float
    scale: float

    def __post_init__(self) -> None:
        require_above_zero(power=self.power, scale=self.scale)

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the space for each, in the precision of `around` and on the device of the generator."""
        return sampled(around, power=self.power, scale=self.scale, space=space, generator=generator)


@dataclass(frozen=True)
class Laplace:
    """The density falls as exp(-sum_d |z_d - around_d| / scale); in a box and on a sphere as `GeneralizedNormal`."""

    scale: float

    def __post_init__(self) -> None:
        require_above_zero(scale=self.scale)

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the space for each."""
        return sampled(around, power=1, scale=self.scale, space=space, generator=generator)


@dataclass(frozen=True)
class Normal:
    """The normal law of this standard deviation in each latent; in a box and on a sphere as `GeneralizedNormal`."""

    scale: float

    def __post_init__(self) -> None:
        require_above_zero(scale=self.scale)

    def sample(
        self, around: Float[Tensor, "*batch latent"], *, space: Space, generator: torch.Generator
    ) -> Float[Tensor, "*batch latent"]:
        """One point of the space for each."""
        return sampled(around, power=2, scale=self.scale * math.sqrt(2), space=space, generator=generator)


def sampled(around: Tensor, *, power: float, scale: float, space: Space, generator: torch.Generator) -> Tensor:
    """The point for one uniform number a latent: which share of the probability to the left and right it cuts off."""
    center = around.double()
    ones = torch.ones_like(center)
    left, right = ones, ones
    if isinstance(space, Box):
        left = probability_within((center - space.low).clamp(min=0) / scale, power=power)
        right = probability_within((space.high - center).clamp(min=0) / scale, power=power)
    drawn = torch.rand(center.shape, dtype=torch.float64, generator=generator, device=generator.device) * (left + right)
    is_left = drawn < left
    distance = scale * distance_at(torch.where(is_left, drawn, drawn - left), power=power)
    return space.project(torch.where(is_left, center - distance, center + distance).to(around.dtype))


def probability_within(distance: Tensor, *, power: float) -> Tensor:
    """Of a distance to the center of at most this, in units of the scale."""
    if power == 1:
        return -torch.expm1(-distance)
    return torch.erf(distance) if power == 2 else _table(power, distance.device).cdf(distance)


def distance_at(probability: Tensor, *, power: float) -> Tensor:
    """The inverse of `probability_within`; exact for the powers 1 and 2, to 1e-8 in probability for others from 1.5 on."""
    if power == 1:
        return -torch.log1p(-probability)
    return torch.erfinv(probability) if power == 2 else _table(power, probability.device).quantile(probability)


@functools.cache
def _table(power: float, device: torch.device) -> Tabulated:
    nodes = np.linspace(0, FARTHEST ** (1 / power), INTERVALS + 1)
    density = np.exp(-(nodes**power)) / special.gamma(1 + 1 / power)
    return Tabulated.of(nodes, below=special.gammainc(1 / power, nodes**power), density=density).to(device)
