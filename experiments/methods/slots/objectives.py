"""What a decomposition of images costs: squared error of the mixture's mean, or its likelihood; and a price of slots."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.fields import require, require_range
from model_zoo.sources.slot_decoder import Decomposed

Likelihood = Literal["mean", "mixture"]
LEAST_SHARE = 1e-8
"""Of a slot in a pixel, so that its logarithm is a number."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A negative log-likelihood per pixel, times the variance of its normal law, so that gradients do not grow without bound."""

    likelihood: Likelihood = "mean"
    """A pixel is normal around the mean of the mixture, which is 1.5 times the mean squared error; or a mixture of normals, one
    for each slot."""
    deviation: float = 0.3
    """Of the normal laws; colors reach from -1 to 1."""
    price: float = 0.0
    """Of sharing the image evenly among all slots, by the entropy of their shares; so that few slots are cheaper than many."""

    def __post_init__(self) -> None:
        require(self.deviation > 0, "deviation", f"{self.deviation} is no deviation", "Give a number above 0")
        require_range(self, "price", 0, 1e6)

    @property
    def without_price(self) -> "Objective":
        """The same at a price of 0."""
        return replace(self, price=0.0)

    def __call__(self, decomposed: Decomposed, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, ""]:
        """The mean over the batch."""
        pixels = images.shape[2] * images.shape[3]
        if self.likelihood == "mean":
            image_cost = 0.5 * (decomposed.reconstruction - images).square().sum(dim=1).mean()
        else:
            image_cost = self.deviation**2 * mixture_cost(decomposed, images, deviation=self.deviation)
        own_cost = self.deviation**2 * decomposed.cost.mean() / pixels
        loss = image_cost + own_cost
        return loss + self.price * sharing(decomposed.masks) if self.price else loss


def mixture_cost(decomposed: Decomposed, images: Float[Tensor, "batch 3 height width"], *, deviation: float) -> Float[Tensor, ""]:
    """Negative log-likelihood of a pixel's color in the mixture, up to the constant of the normal law; mean, in nats."""
    errors = (decomposed.colors - images[:, None]).square().sum(dim=2)
    logs = torch.log(decomposed.masks + LEAST_SHARE) - errors / (2 * deviation**2)
    return -torch.logsumexp(logs, dim=1).mean()


def sharing(masks: Float[Tensor, "batch slot height width"]) -> Float[Tensor, ""]:
    """Entropy of the slots' shares of the image, as a part of the largest there is; mean over the batch; 0 with a single slot."""
    shares = masks.mean(dim=(2, 3))
    largest = math.log(max(2, masks.shape[1]))
    return -torch.xlogy(shares, shares).sum(dim=1).mean() / largest
