"""The noise-prediction classifier (Li et al. 2023) as features and a linear read-out, which it is: no approximation is made."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.methods.score_models.dequantization import within_levels
from experiments.methods.score_models.diffusions import Diffusion
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LEVELS, SHAPES, Data
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Form
from model_zoo.sources.score_network import ScoreNetwork

CENTER = 0.5
"""Of its level: where an image is put, as there is no density here that wants noise in it."""
MOST_ROWS = 40_960
"""Images times samples times classes at once where no gradients are kept."""


class NoiseClassifier(nn.Module):
    """Scores are minus the mean error with which noise is predicted, given each class; times and noises are the same for all.

    The features of an image are its errors, one for each sample and class; `readout` takes their means. So the active test,
    which replaces a linear read-out, can be run on it as on any network.
    """

    def __init__(self, network: ScoreNetwork, form: Form, *, diffusion: Diffusion, data: Data) -> None:
        super().__init__()
        self.network, self.diffusion, self.levels = network, diffusion, LEVELS[data]
        generators = [torch.Generator().manual_seed(bank) for bank in range(form.bank, form.bank + form.banks)]
        noises = [torch.randn((form.samples, *SHAPES[data]), generator=generator) for generator in generators]
        shares = [(torch.arange(form.samples) + torch.rand(1, generator=generator)) / form.samples for generator in generators]
        self.register_buffer("noises", torch.cat(noises), persistent=False)
        # As many samples where the likelihood's bound gives more weight, instead of weights.
        self.register_buffer("times", diffusion.times_at(torch.cat(shares), weighting="likelihood"), persistent=False)
        samples = form.samples * form.banks
        self.readout = nn.Linear(samples * CLASSES, CLASSES, bias=False)
        self.readout.weight = nn.Parameter(-torch.eye(CLASSES).repeat(1, samples) / samples, requires_grad=False)

    def errors(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch feature"]:
        """The mean squared error of the predicted noise for each sample and class, the classes of a sample beside one another."""
        points = within_levels(images, noise=torch.full((1,), CENTER, device=images.device), levels=self.levels)
        samples = len(self.times)
        noise = self.noises.repeat(len(points), 1, 1, 1)
        times = self.times.repeat(len(points))
        noised = self.diffusion.noised(points.repeat_interleave(samples, dim=0), times, noise)
        predicted = self.network.all_classes(noised, times, torch.arange(CLASSES, device=images.device))
        return (predicted - noise[:, None]).square().flatten(2).mean(dim=2).view(len(points), -1)

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """The scores."""
        rows = len(images) if torch.is_grad_enabled() else max(1, MOST_ROWS // (len(self.times) * CLASSES))
        features = torch.cat([self.errors(part) for part in images.split(rows)])
        scores: Float[Tensor, "batch class"] = self.readout(features)
        return scores
