"""The score-based generative classifier as a network from images to class scores, with gradients for attacks."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.methods.score_models.dequantization import within_levels
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.likelihood import class_log_likelihoods
from experiments.methods.score_models.probability_flow import Integration, rademacher
from model_zoo.sources.score_network import ScoreNetwork


class LikelihoodClassifier(nn.Module):
    """Scores are log-likelihoods in nats, the softmax of which is the posterior under equal priors.

    Probe and dequantization are fixed, and shared by images and classes. The equation is cut into fixed steps first, and the
    gradient is that of the steps: exact for what is computed.
    """

    def __init__(
        self, network: ScoreNetwork, *, diffusion: Diffusion, levels: int, integration: Integration | None = None, seed: int = 0
    ) -> None:
        """Takes images in [0, 1] with the network's channels and size; `integration` is ten fixed steps unless given."""
        super().__init__()
        self.network, self.diffusion, self.levels = network, diffusion, levels
        self.integration = integration or Integration(steps=10)
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("offsets", torch.rand(network.shape, generator=generator))
        self.register_buffer("probe", rademacher(network.shape, generator=generator))
        self.to(next(network.parameters()).device)

    def forward(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class"]:
        """Nats of the images given each class."""
        points = within_levels(images, noise=cast(Tensor, self.offsets), levels=self.levels)
        return class_log_likelihoods(
            self.network,
            points,
            classes=range(self.network.classes),
            diffusion=self.diffusion,
            integration=self.integration,
            probes=cast(Tensor, self.probe).to(points).expand_as(points),
        )
