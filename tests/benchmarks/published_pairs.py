"""What the contrastive benchmark compares with: samplers by rejection, and the loss from a tensor of row × other × latent."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


def all_pairs_loss(
    first: Float[Tensor, "batch latent"], second: Float[Tensor, "batch latent"], *, power: float
) -> Float[Tensor, ""]:
    """The loss of Zimmermann et al. 2021: the negatives of an anchor are all anchors of the batch."""
    positive = -torch.linalg.vector_norm(first - second, ord=power, dim=-1).pow(power)
    others = first.roll(1, dims=0)
    negative = -torch.linalg.vector_norm(first[:, None] - others[None], ord=power, dim=-1).pow(power)
    return (torch.cat([negative, positive[:, None]], dim=1).logsumexp(dim=1) - positive).mean()


def laplace_in_unit_box(
    around: Float[Tensor, "batch latent"], *, scale: float, generator: torch.Generator
) -> Float[Tensor, "batch latent"]:
    """Each coordinate is drawn anew until it is inside."""
    points = torch.full_like(around, torch.inf)
    while (is_outside := (points < 0) | (points > 1)).any():
        exponential = torch.empty_like(around).exponential_(generator=generator)
        side = torch.randint(0, 2, around.shape, generator=generator) * 2 - 1
        points = torch.where(is_outside, around + side * scale * exponential, points)
    return points


def von_mises_fisher(
    around: Float[Tensor, "batch latent"], *, concentration: float, generator: np.random.Generator
) -> Float[Tensor, "batch latent"]:
    """Wood 1994, in numpy."""
    poles = around.numpy().astype(np.float64)
    count, across = poles.shape[0], poles.shape[1] - 1
    slope = across / (np.sqrt(4 * concentration**2 + across**2) + 2 * concentration)
    peak = (1 - slope) / (1 + slope)
    constant = concentration * peak + across * np.log(1 - peak**2)
    cosines = np.empty(0)
    while len(cosines) < count:
        shares = generator.beta(across / 2, across / 2, size=count)
        tried = (1 - (1 + slope) * shares) / (1 - (1 - slope) * shares)
        bound = concentration * tried + across * np.log(1 - peak * tried) - constant
        cosines = np.concatenate([cosines, tried[bound >= np.log(generator.uniform(size=count))]])
    cosines = cosines[:count, None]
    noise = generator.normal(size=poles.shape)
    tangent = noise - (noise * poles).sum(axis=1, keepdims=True) * poles
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    return torch.from_numpy((np.sqrt(1 - cosines**2) * tangent + cosines * poles).astype(np.float32))
