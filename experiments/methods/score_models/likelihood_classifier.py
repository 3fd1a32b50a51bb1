"""Networks from images to log-likelihoods of classes, with gradients for attacks: score-based generative classifiers, too."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require
from experiments.methods.score_models.dequantization import within_levels
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.likelihood import class_log_likelihoods
from experiments.methods.score_models.probability_flow import Integration, rademacher
from model_zoo.sources.score_network import ScoreNetwork

MOST_ROWS = 4096
"""Images times classes that a network sees at once where no gradients are kept."""


class DensityClassifier(nn.Module):
    """Takes images in [0, 1]; scores are log-likelihoods, of which subclasses say what they are, averaged over dequantizations.

    Dequantizations and probes are fixed, and shared by images and classes, so that an image has the same scores each time.
    """

    def __init__(self, *, shape: tuple[int, int, int], classes: int, levels: int, draws: int = 1, seed: int = 0) -> None:
        """`shape` is that of an image, `draws` the dequantizations, each of which comes with a probe of its own.

        Raises:
            InputError: There is no dequantization.
        """
        super().__init__()
        require(draws > 0, "draws", "there is no dequantization", "Give at least 1")
        self.classes, self.levels, self.draws = classes, levels, draws
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("noise", torch.rand((draws, *shape), generator=generator), persistent=False)
        self.register_buffer("probes", rademacher((draws, *shape), generator=generator), persistent=False)

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel height width"], probes: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch class"]:
        """Nats of dequantized images given each class."""
        raise NotImplementedError

    def by_draw(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "draw batch class"]:
        """The log-likelihoods of every dequantization."""
        rows = max(1, len(images) if torch.is_grad_enabled() else MOST_ROWS // self.classes)
        found = []
        for noise, probe in zip(self.get_buffer("noise"), self.get_buffer("probes"), strict=True):
            points = within_levels(images, noise=noise, levels=self.levels)
            parts = [self.log_likelihoods(part, probe.expand_as(part)) for part in torch.split(points, rows)]
            found.append(torch.cat(parts))
        return torch.stack(found)

    def forward(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class"]:
        """The log of the mean likelihood: a bound of that of the image with its levels (Theis et al. 2016)."""
        return self.by_draw(images).logsumexp(dim=0) - math.log(self.draws)


class LikelihoodClassifier(DensityClassifier):
    """Of a score model, by its probability flow (Zimmermann et al. 2021); the softmax of its scores is the posterior.

    With fixed steps the equation is cut into them first, and the gradient is that of the steps: exact for what is computed.
    """

    def __init__(
        self,
        network: ScoreNetwork,
        *,
        diffusion: Diffusion,
        levels: int,
        integration: Integration | None = None,
        draws: int = 1,
        seed: int = 0,
    ) -> None:
        """Takes images with the network's channels and size; `integration` is ten fixed steps unless given."""
        super().__init__(shape=network.shape, classes=network.classes, levels=levels, draws=draws, seed=seed)
        self.network, self.diffusion = network, diffusion
        self.integration = integration or Integration(steps=10)
        self.to(next(network.parameters()).device)

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel height width"], probes: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch class"]:
        """One probe, one grid of times for all classes.

        Raises:
            InputError: The points still have their levels.
        """
        return class_log_likelihoods(
            self.network,
            points,
            classes=range(self.classes),
            diffusion=self.diffusion,
            integration=self.integration,
            probes=probes,
            levels=self.levels,
        )
