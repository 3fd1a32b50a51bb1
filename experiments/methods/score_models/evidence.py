"""The bound of the log-likelihood by denoising (Song, Durkan, Murray & Ermon 2021): no equation to solve, no divergence."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.methods.score_models.dequantization import require_dequantized
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.probability_flow import NoiseNetwork


def evidence_bound(
    network: NoiseNetwork,
    images: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    samples: int = 64,
    seed: int = 0,
) -> Float[Tensor, " batch"]:
    """Nats that the model's log-likelihood of dequantized images in [-1, 1] exceeds on average, given their classes.

    Of images at the diffusion's earliest time, with its noise; tight where the network is exact. An image has `samples` of time,
    spread evenly, and of noise, which follow from the seed and its place in the batch: the same whatever its class is said to be.

    Raises:
        InputError: The images still have their levels.
    """
    require_dequantized(images)
    generator = torch.Generator(device=images.device).manual_seed(seed)
    dimensions = images[0].numel()
    ends = torch.tensor([diffusion.earliest, 1.0], dtype=torch.float64)
    (first, last), (scale_first, scale_last) = diffusion.log_ratio(ends).tolist(), diffusion.moments(ends)[0].tolist()
    errors = images.new_zeros(len(images))
    for sample in range(samples):
        shares = (sample + torch.rand(len(images), generator=generator, device=images.device, dtype=images.dtype)) / samples
        times = diffusion.times_at(shares, weighting="likelihood")
        noise = torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
        missed = network(diffusion.noised(images, times, noise), times, labels) - noise
        # The expected square of noise stands for its own: only what the network adds to it is sampled.
        errors = errors + missed.flatten(1).square().sum(1) - dimensions
    denoised: Tensor = (last - first) * errors / samples
    return _end(images, diffusion=diffusion) - denoised + dimensions * math.log(scale_last / scale_first)


def _end(images: Float[Tensor, "batch ..."], *, diffusion: Diffusion) -> Float[Tensor, " batch"]:
    """The expected log density of the last, noisiest state under the prior."""
    times = torch.ones(1, dtype=images.dtype, device=images.device)
    (scale,), (deviation,) = diffusion.moments(times)
    dimensions = images[0].numel()
    spread = float(deviation) / diffusion.prior_deviation
    return diffusion.prior_log_density(scale * images) - 0.5 * dimensions * spread**2
