"""Classifiers as modules from images with values in [0, 1] to scores of all classes, the same each time, with gradients.

What is random (dequantization, probes, times and noises) is drawn once, from the form's bank.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import build
from experiments.methods.score_models.dequantization import within_levels
from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.likelihood import class_log_likelihoods
from experiments.methods.score_models.probability_flow import Integration, NoiseNetwork, rademacher
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LEVELS, SHAPES, Data
from experiments.papers.zimmermann2021_sbgc.baselines.networks import ConditionalFlow
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Form

MOST_ROWS = 4096
"""Images times classes that a network sees at once where no gradients are kept."""


class DensityClassifier(nn.Module):
    """Scores are log-likelihoods, averaged over dequantizations; subclasses say what the log-likelihoods are."""

    def __init__(self, form: Form, *, data: Data) -> None:
        super().__init__()
        self.form, self.levels = form, LEVELS[data]
        generator = torch.Generator().manual_seed(form.bank)
        shape = (form.draws, *SHAPES[data])
        self.register_buffer("noise", torch.rand(shape, generator=generator), persistent=False)
        self.register_buffer("probes", rademacher(shape, generator=generator), persistent=False)

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel side side"], probes: Float[Tensor, "batch channel side side"]
    ) -> Float[Tensor, "batch class"]:
        """Nats of dequantized images given each class."""
        raise NotImplementedError

    def by_draw(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "draw batch class"]:
        """The log-likelihoods of every dequantization."""
        rows = len(images) if torch.is_grad_enabled() else max(1, MOST_ROWS // CLASSES)
        found = []
        for noise, probe in zip(self.get_buffer("noise"), self.get_buffer("probes"), strict=True):
            points = within_levels(images, noise=noise, levels=self.levels)
            parts = [self.log_likelihoods(part, probe.expand_as(part)) for part in torch.split(points, rows)]
            found.append(torch.cat(parts))
        return torch.stack(found)

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """The log of the mean likelihood: a bound of that of the image with its levels (Theis et al. 2016)."""
        return self.by_draw(images).logsumexp(dim=0) - math.log(self.form.draws)


class FlowClassifier(DensityClassifier):
    """Of a class-conditional normalizing flow."""

    def __init__(self, flow: ConditionalFlow, form: Form, *, data: Data) -> None:
        super().__init__(form, data=data)
        self.flow = flow

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel side side"], probes: Float[Tensor, "batch channel side side"]
    ) -> Float[Tensor, "batch class"]:
        """By the change of variables; there is no trace to probe."""
        labels = torch.arange(CLASSES, device=points.device).repeat(len(points))
        found: Float[Tensor, " row"] = self.flow(points.repeat_interleave(CLASSES, dim=0), labels)
        return found.view(len(points), CLASSES)


class OdeClassifier(DensityClassifier):
    """Of a score model, by its probability flow (Zimmermann et al. 2021)."""

    def __init__(self, network: NoiseNetwork, form: Form, *, diffusion: Diffusion, data: Data) -> None:
        super().__init__(form, data=data)
        self.network, self.diffusion = network, diffusion
        self.integration = build(Integration, form.integration)

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel side side"], probes: Float[Tensor, "batch channel side side"]
    ) -> Float[Tensor, "batch class"]:
        """One probe, one grid of times for all classes."""
        return class_log_likelihoods(
            self.network,
            points,
            classes=range(CLASSES),
            diffusion=self.diffusion,
            integration=self.integration,
            probes=probes,
        )
