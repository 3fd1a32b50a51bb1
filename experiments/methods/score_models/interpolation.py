"""Ways between two images: straight ones, and along the sphere of their latents, with the likelihoods of classes on the way."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from experiments.contract.fields import require
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.probability_flow import Integration, NoiseNetwork, flow

SILENT = Integration(steps=20, divergence="none")
NEARLY_PARALLEL = 1e-4
"""Sine of the angle below which the sphere is straight."""


def encode(
    network: NoiseNetwork,
    images: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    integration: Integration = SILENT,
) -> Float[Tensor, "batch ..."]:
    """The latents of dequantized images given their classes: where the probability flow ends."""
    return flow(network, images, labels, diffusion=diffusion, integration=integration)[0]


def decode(
    network: NoiseNetwork,
    latents: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    integration: Integration = SILENT,
) -> Float[Tensor, "batch ..."]:
    """The images of latents given classes, in [-1, 1] up to what the network errs."""
    return flow(network, latents, labels, diffusion=diffusion, integration=integration, towards="images")[0]


def slerp(
    first: Float[Tensor, "*shape"], second: Float[Tensor, "*shape"], shares: Float[Tensor, " point"]
) -> Float[Tensor, "point ..."]:
    """Points at shares of the angle between two latents (Shoemake 1985); lengths go evenly from one to the other.

    Raises:
        InputError: One of the latents is 0, or they are opposite, so that there is no one way.
    """
    lengths = torch.stack([first.norm(), second.norm()])
    require(bool((lengths > 0).all()), "latents", "one is 0, which lies on no sphere", "Give latents of images")
    directions = torch.stack([first.flatten(), second.flatten()]) / lengths[:, None]
    cosine = (directions[0] @ directions[1]).clamp(-1, 1)
    angle = torch.arccos(cosine)
    remedy = "Give the latents of other images"
    require(bool(cosine > -1 + 1e-6), "latents", "they are opposite, so that every way is as short", remedy)
    if angle.sin() < NEARLY_PARALLEL:
        turned = torch.lerp(directions[:1], directions[1:], shares[:, None])
    else:
        parts = torch.stack([((1 - shares) * angle).sin(), (shares * angle).sin()], dim=1)
        turned = functional.normalize(parts @ directions, dim=1)
    return (turned * torch.lerp(lengths[0], lengths[1], shares)[:, None]).view(-1, *first.shape)


def between(
    network: NoiseNetwork,
    images: Float[Tensor, "2 ..."],
    *,
    told: int,
    diffusion: Diffusion,
    points: int = 11,
    way: Literal["latents", "pixels"] = "latents",
    integration: Integration = SILENT,
) -> Float[Tensor, "point ..."]:
    """Images on the way from one dequantized image to another, the ends included.

    Along latents both are encoded and all decoded with the class `told`, as a rule the one that means that none is told; the
    likelihoods of the result, such as `class_log_likelihoods`, are those of points between the levels.
    """
    shares = torch.linspace(0, 1, points, dtype=images.dtype, device=images.device)
    if way == "pixels":
        return torch.lerp(images[:1], images[1:], shares.view(-1, *[1] * (images.ndim - 1)))
    labels = torch.full((2,), told, device=images.device)
    first, second = encode(network, images, labels, diffusion=diffusion, integration=integration)
    path = slerp(first, second, shares)
    untold = torch.full((points,), told, device=images.device)
    return decode(network, path, untold, diffusion=diffusion, integration=integration)
