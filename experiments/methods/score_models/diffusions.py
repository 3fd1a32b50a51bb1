"""The three diffusions of Song et al. 2021 that turn images into noise: dx = f(x, t) dt + g(t) dw, t from 0 to 1.

Drifts are linear, so x_t = scale * x_0 + deviation * noise. Used by training, likelihoods and classifiers.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.fields import require

DiffusionName = Literal["vp", "subvp", "ve"]
Weighting = Literal["noise", "likelihood"]
"""How times are spread: uniformly, so that each error of the predicted noise counts alike; or uniformly in the logarithm of
deviation over scale, which is the weighting g²/deviation² of the likelihood bound (Song, Durkan, Murray & Ermon 2021)."""
TABLE = 4096
"""Times at which the ratio of deviation and scale is tabulated to invert it."""


@dataclass(frozen=True, kw_only=True)
class Diffusion(ABC):
    """One of the three; times are tensors of any shape."""

    earliest: ClassVar[float] = 1e-3
    """Time at which images are taken to be: at 0 the score of a picture has no bound."""
    power: ClassVar[float] = 2.0
    """Of evenly spread numbers, which makes them the times of a fixed solver: deviations begin like the root of time."""

    @property
    def prior_deviation(self) -> float:
        """Of the normal distribution that all images end in."""
        return 1.0

    @abstractmethod
    def moments(self, times: Float[Tensor, "*any"]) -> tuple[Float[Tensor, "*any"], Float[Tensor, "*any"]]:
        """Scale of the image and deviation of the noise."""

    @abstractmethod
    def rate(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """The drift's factor of x."""

    @abstractmethod
    def diffusion(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """The factor g of the Wiener process."""

    def drift(self, points: Float[Tensor, "batch ..."], times: Float[Tensor, " batch"]) -> Float[Tensor, "batch ..."]:
        """The deterministic part of the equation."""
        return _over(self.rate(times), points) * points

    def noised(
        self, points: Float[Tensor, "batch ..."], times: Float[Tensor, " batch"], noise: Float[Tensor, "batch ..."]
    ) -> Float[Tensor, "batch ..."]:
        """The points at their times."""
        scale, deviation = self.moments(times)
        return _over(scale, points) * points + _over(deviation, points) * noise

    def prior_log_density(self, latents: Float[Tensor, "batch ..."]) -> Float[Tensor, " batch"]:
        """Nats of the normal distribution that all images end in."""
        flat = latents.flatten(1) / self.prior_deviation
        constant = flat.shape[1] * (math.log(self.prior_deviation) + 0.5 * math.log(2 * math.pi))
        return -0.5 * flat.square().sum(1) - constant

    def log_ratio(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """Logarithm of deviation over scale; it rises with time."""
        scale, deviation = self.moments(times)
        return deviation.log() - scale.log()

    def times_at(self, shares: Float[Tensor, "*any"], *, weighting: Weighting) -> Float[Tensor, "*any"]:
        """Quantiles of the distribution of times; `shares` in [0, 1] give times from `earliest` to 1."""
        if weighting == "noise":
            return self.earliest + (1 - self.earliest) * shares
        first, last = self.log_ratio(torch.tensor([self.earliest, 1.0], dtype=torch.float64, device=shares.device))
        return self.times_of(first + (last - first) * shares.double()).to(shares)

    def times_of(self, log_ratios: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """The inverse of `log_ratio`, by a table; ratios that no time from `earliest` on has are those of its ends."""
        grid = torch.linspace(self.earliest**0.5, 1, TABLE, dtype=torch.float64, device=log_ratios.device).square()
        ratios = self.log_ratio(grid)
        right = torch.searchsorted(ratios, log_ratios.double().contiguous()).clamp(1, TABLE - 1)
        part = (log_ratios - ratios[right - 1]) / (ratios[right] - ratios[right - 1])
        return (grid[right - 1] + part * (grid[right] - grid[right - 1])).clamp(self.earliest, 1).to(log_ratios)


@dataclass(frozen=True, kw_only=True)
class VariancePreserving(Diffusion):
    """Ho et al. 2020 in continuous time (Song et al. 2021, eq. 11): the noise rate rises linearly."""

    lowest: float = 0.1
    highest: float = 20.0

    def __post_init__(self) -> None:
        require(
            0 < self.lowest < self.highest, "lowest", f"{self.lowest} is not below {self.highest}", "Give 0 < lowest < highest"
        )

    def noise_rate(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """Called beta by the paper."""
        return self.lowest + times * (self.highest - self.lowest)

    def noise_until(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """The integral of the rate from 0."""
        return times * self.lowest + 0.5 * times.square() * (self.highest - self.lowest)

    def moments(self, times: Float[Tensor, "*any"]) -> tuple[Float[Tensor, "*any"], Float[Tensor, "*any"]]:
        """Scale and deviation, whose squares sum to 1."""
        until = self.noise_until(times)
        return torch.exp(-0.5 * until), (-torch.expm1(-until)).sqrt()

    def rate(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """Minus half of the noise rate."""
        return -0.5 * self.noise_rate(times)

    def diffusion(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """Root of the noise rate."""
        return self.noise_rate(times).sqrt()


@dataclass(frozen=True, kw_only=True)
class SubVariancePreserving(VariancePreserving):
    """Song et al. 2021, eq. 14: the same drift with less noise; the one they recommend for likelihoods."""

    def moments(self, times: Float[Tensor, "*any"]) -> tuple[Float[Tensor, "*any"], Float[Tensor, "*any"]]:
        """Scale and deviation; the deviation is the variance of the variance-preserving one."""
        until = self.noise_until(times)
        return torch.exp(-0.5 * until), -torch.expm1(-until)

    def diffusion(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """Root of the noise rate, less what has been forgotten."""
        return (self.noise_rate(times) * -torch.expm1(-2 * self.noise_until(times))).sqrt()


@dataclass(frozen=True, kw_only=True)
class VarianceExploding(Diffusion):
    """Song & Ermon 2019 in continuous time (Song et al. 2021, eq. 9): no drift, a deviation that rises geometrically."""

    lowest: float = 0.01
    highest: float = 50.0
    earliest: ClassVar[float] = 0.0
    """The lowest deviation is above 0, so that scores have a bound from the start."""
    power: ClassVar[float] = 1.0
    """Its logarithm rises evenly with time."""

    def __post_init__(self) -> None:
        require(
            0 < self.lowest < self.highest, "lowest", f"{self.lowest} is not below {self.highest}", "Give 0 < lowest < highest"
        )

    @property
    def prior_deviation(self) -> float:
        """That of the last time; what is left of the image is neglected."""
        return self.highest

    def moments(self, times: Float[Tensor, "*any"]) -> tuple[Float[Tensor, "*any"], Float[Tensor, "*any"]]:
        """Scale, which stays 1, and deviation."""
        return torch.ones_like(times), self.lowest * (self.highest / self.lowest) ** times

    def rate(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """There is no drift."""
        return torch.zeros_like(times)

    def diffusion(self, times: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """So that its square is the growth of the variance."""
        return self.moments(times)[1] * math.sqrt(2 * math.log(self.highest / self.lowest))


DIFFUSIONS: dict[DiffusionName, Diffusion] = {
    "vp": VariancePreserving(),
    "subvp": SubVariancePreserving(),
    "ve": VarianceExploding(),
}
"""As published, by the names that configurations use."""


def _over(numbers: Float[Tensor, " batch"], points: Float[Tensor, "batch ..."]) -> Tensor:
    """One number for each point, shaped to be multiplied with it."""
    return numbers.view(-1, *[1] * (points.ndim - 1))
