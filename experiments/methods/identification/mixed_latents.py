"""Latents, their pairs and what is observed of them, by the names of a configuration. One for each seed of a training."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.datasets.latents.conditionals import (
    Anisotropic,
    Conditional,
    GeneralizedNormal,
    Laplace,
    Normal,
    VonMisesFisher,
)
from experiments.datasets.latents.marginals import Centered, Marginal, Uniform
from experiments.datasets.latents.mixing import InvertibleMixing
from experiments.datasets.latents.spaces import Box, Space, Sphere, Unbounded
from experiments.methods.identification.configuration import Configuration


@dataclass(frozen=True, kw_only=True)
class MixedLatents:
    """A space, the law of its points, the law of their partners, and the mixing that hides them."""

    space: Space
    marginal: Marginal
    conditional: Conditional
    mixing: InvertibleMixing

    def points(self, count: int, *, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draws of the marginal."""
        return self.marginal.sample(count, space=self.space, generator=generator)

    def partners(self, points: Float[Tensor, "count latent"], *, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """The other member of each point's positive pair."""
        return self.conditional.sample(points, space=self.space, generator=generator)


def mixed_latents(configuration: Configuration, *, seed: int) -> MixedLatents:
    """The latents of a configuration, with the mixing of a seed."""
    return MixedLatents(
        space=space_of(configuration),
        marginal=marginal_of(configuration),
        conditional=conditional_of(configuration),
        mixing=InvertibleMixing.draw(
            configuration.latents, seed=seed, layers=configuration.mixing_layers, pool=configuration.mixing_pool
        ),
    )


def space_of(configuration: Configuration) -> Space:
    """The space of the latents."""
    if configuration.space == "box":
        return Box(configuration.latents, low=configuration.low, high=configuration.high)
    return Sphere(configuration.latents) if configuration.space == "sphere" else Unbounded(configuration.latents)


def marginal_of(configuration: Configuration) -> Marginal:
    """The law of single points."""
    if configuration.marginal == "uniform":
        return Uniform()
    scale = configuration.marginal_scale
    return Centered(Laplace(scale) if configuration.marginal == "laplace" else Normal(scale))


def conditional_of(configuration: Configuration) -> Conditional:
    """The law of partners."""
    scale = configuration.conditional_scale
    if configuration.conditional == "von_mises_fisher":
        return VonMisesFisher(scale)
    if configuration.conditional == "anisotropic":
        return Anisotropic(configuration.spectrum)
    if configuration.conditional == "generalized_normal":
        return GeneralizedNormal(configuration.conditional_power, scale)
    return Laplace(scale) if configuration.conditional == "laplace" else Normal(scale)
