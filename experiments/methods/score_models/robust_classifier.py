"""The robust diffusion classifier (Chen et al., ICML 2024): within a ball, images first become likelier."""

import math
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.noise_classifier import with_bank
from model_zoo.sources.score_network import ScoreNetwork

LOWEST, HIGHEST, LEVELS_OF_NOISE = 1e-4, 3.0, 126
"""Noise levels of its classifier, evenly spaced (released code)."""
DATA_DEVIATION, MEAN, DEVIATION = 0.5, -1.2, 1.2
"""Of images in [-1, 1], and of the logarithm of noise levels in the training of Karras et al. 2022 (table 1)."""


def edm_weights(ratios: Float[Tensor, " level"]) -> Float[Tensor, " level"]:
    """Of the squared error of the denoised image at each noise level (Karras et al. 2022, eq. 145; Chen et al. 2024).

    The weight of the training loss times the density of the noise levels, which is log-normal.
    """
    loss = (ratios.square() + DATA_DEVIATION**2) / (ratios * DATA_DEVIATION).square()
    exponents = (ratios.log() - MEAN).square() / (2 * DEVIATION**2)
    return loss * torch.exp(-exponents) / (ratios * DEVIATION * math.sqrt(2 * math.pi))


class RobustClassifier(nn.Module):
    """Takes images in [0, 1]; its scores are minus the weighted denoising errors of the likelier images.

    The steps towards likelier images go along signs of gradients, so that the derivative of the likelier image by the one it came
    from is 1, also where the ball ends, which moves with the image, and 0 where the range ends: attacks get the exact gradient.
    """

    def __init__(
        self,
        network: ScoreNetwork,
        *,
        diffusion: Diffusion,
        levels: int,
        ball: float,
        steps: int = 5,
        samples: int = LEVELS_OF_NOISE,
        seed: int = 0,
    ) -> None:
        """`ball` is the largest change of a pixel, of 1; `steps` those of the way there; `samples` the noise levels.

        Raises:
            InputError: The ball has no size, or there are no steps or samples.
        """
        super().__init__()
        require(ball > 0, "ball", f"{ball} is no size", "Give a number above 0, such as 8 / 255")
        require(steps > 0 and samples > 0, "steps", "nothing is left to do", "Give at least one step and one sample")
        ratios = torch.linspace(LOWEST, HIGHEST, samples, dtype=torch.float64)
        times = diffusion.times_of(ratios.log())
        # Levels below the least of the diffusion are taken at that; the error of the image is that of the noise, times the ratio.
        reached = diffusion.log_ratio(times).exp()
        weights = (edm_weights(reached) * reached.square()).float()
        self.classifier = with_bank(network, times.float(), weights, diffusion=diffusion, levels=levels, seed=seed)
        shares = torch.linspace(0, 1, 2 * steps + 1, dtype=torch.float64)[1::2]
        self.guides = with_bank(
            network,
            diffusion.times_at(shares, weighting="likelihood").float(),
            torch.ones(steps),
            diffusion=diffusion,
            levels=levels,
            seed=seed + 1,
        )
        self.ball, self.steps = ball, steps

    def forward(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class"]:
        """Scores of the images that are likelier within the ball."""
        return cast(Tensor, self.classifier(self.likelier(images)))

    def likelier(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        """Images in the ball whose bound of the likelihood, no class given, is larger; a step for each noise of the bank."""
        unknown = torch.full((len(images), 1), self.classifier.network.classes, device=images.device)
        length, moved = 2 * self.ball / self.steps, images
        for step in range(self.steps):
            with torch.enable_grad():
                at = moved.detach().requires_grad_()
                errors = self.guides.errors(at, unknown, first=step, last=step + 1).sum()
                (gradient,) = torch.autograd.grad(errors, at)
            moved = moved - length * gradient.sign()
            moved = torch.maximum(torch.minimum(moved, images + self.ball), images - self.ball).clamp(0, 1)
        return moved
