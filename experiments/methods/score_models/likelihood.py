"""Log-likelihoods of images by the probability flow, of one class each or of all classes with common random numbers.

The classifier of Zimmermann et al. 2021 (score-based generative classifiers) takes the class with the largest.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.methods.score_models.dequantization import require_dequantized
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.probability_flow import Integration, NoiseNetwork, flow, rademacher

FIXED = Integration()


def log_likelihood(
    network: NoiseNetwork,
    images: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    integration: Integration = FIXED,
    seed: int = 0,
    probes: Float[Tensor, "batch ..."] | None = None,
    levels: int | None = None,
) -> Float[Tensor, " batch"]:
    """Nats of dequantized images in [-1, 1], each given its class (Song et al. 2021, eq. 39).

    The probe of an image follows from the seed and its place in the batch, unless given. Adaptive steps are shared by the batch.
    `levels` of the images before they were dequantized is used to find those that were not.

    Raises:
        InputError: The images still have their levels.
    """
    require_dequantized(images, levels=levels)
    if probes is None and integration.divergence == "hutchinson":
        generator = torch.Generator(device=images.device).manual_seed(seed)
        probes = rademacher(tuple(images.shape), generator=generator).to(images.dtype)
    latents, gained = flow(network, images, labels, diffusion=diffusion, integration=integration, probes=probes)
    return diffusion.prior_log_density(latents) + gained


def class_log_likelihoods(
    network: NoiseNetwork,
    images: Float[Tensor, "batch ..."],
    *,
    classes: Sequence[int],
    diffusion: Diffusion,
    integration: Integration = FIXED,
    seed: int = 0,
    probes: Float[Tensor, "batch ..."] | None = None,
    levels: int | None = None,
) -> Float[Tensor, "batch class"]:
    """Nats of each image given each class: one probe, one dequantization and one grid of times for all classes, in one solution.

    Raises:
        InputError: The images still have their levels.
    """
    if probes is None:
        generator = torch.Generator(device=images.device).manual_seed(seed)
        probes = rademacher(tuple(images.shape), generator=generator).to(images.dtype)
    labels = torch.tensor(classes, device=images.device).repeat(len(images))
    likelihoods = log_likelihood(
        network,
        images.repeat_interleave(len(classes), dim=0),
        labels,
        diffusion=diffusion,
        integration=integration,
        probes=None if integration.divergence == "exact" else probes.repeat_interleave(len(classes), dim=0),
        levels=levels,
    )
    return likelihoods.view(len(images), len(classes))
