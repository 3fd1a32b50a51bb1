"""Multilayer perceptrons from vectors to vectors, as the experiments on representations train them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.catalogue import ModelCard

ELIGIBLE = "layers[.][0-9]+"
OutputSpace = Literal["unbounded", "sphere", "free_sphere", "box"]
"""No map; the unit sphere; a sphere with a learned radius; a box whose sides are learned, [0, 1] at first."""


class OnSphere(nn.Module):
    """Projects to a sphere around 0."""

    def __init__(self, *, is_free: bool) -> None:
        """A free radius is learned; it is 1 at first."""
        super().__init__()
        self.radius = nn.Parameter(torch.ones(()), requires_grad=is_free)

    def forward(self, points: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The points of the sphere in the same directions."""
        return self.radius * functional.normalize(points, dim=-1)


class InBox(nn.Module):
    """Squashes each coordinate into [0, its learned bound]."""

    def __init__(self, latents: int) -> None:
        super().__init__()
        self.bounds = nn.Parameter(torch.ones(latents))

    def forward(self, points: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The logistic function of the points, times the bounds."""
        return torch.sigmoid(points) * self.bounds


class Perceptron(nn.Module):
    """Linear layers with leaky ReLUs between them and a map into a space behind the last."""

    def __init__(self, *, widths: Sequence[int], slope: float, space: OutputSpace) -> None:
        """`widths` begin with the length of the inputs and end with that of the outputs."""
        super().__init__()
        layers: list[nn.Module] = []
        for number, (width_in, width_out) in enumerate(pairwise(widths)):
            layers += [nn.LeakyReLU(slope)] if number else []
            layers.append(nn.Linear(width_in, width_out))
        self.layers = nn.Sequential(*layers)
        self.space = output_map(space, latents=widths[-1])

    def forward(self, inputs: Float[Tensor, "batch input"]) -> Float[Tensor, "batch latent"]:
        """The outputs in their space."""
        return cast(Tensor, self.space(self.layers(inputs)))


def output_map(space: OutputSpace, *, latents: int) -> nn.Module:
    """The map into a space of outputs."""
    if space == "box":
        return InBox(latents)
    return nn.Identity() if space == "unbounded" else OnSphere(is_free=space == "free_sphere")


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `widths`, `slope` and `space`."""
    return Perceptron(widths=model.spec["widths"], slope=model.spec["slope"], space=model.spec["space"])


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
