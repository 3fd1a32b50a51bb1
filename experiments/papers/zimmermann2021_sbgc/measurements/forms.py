"""The flow of this paper's data as a classifier like that of `methods/score_models`: images in [0, 1] to log-likelihoods."""

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.score_models.likelihood_classifier import DensityClassifier
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LEVELS, SHAPES, Data
from experiments.papers.zimmermann2021_sbgc.baselines.networks import ConditionalFlow
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Form


class FlowClassifier(DensityClassifier):
    """Of a class-conditional normalizing flow; what is random is drawn once, from the form's bank."""

    def __init__(self, flow: ConditionalFlow, form: Form, *, data: Data) -> None:
        super().__init__(shape=SHAPES[data], classes=CLASSES, levels=LEVELS[data], draws=form.draws, seed=form.bank)
        self.flow = flow

    def log_likelihoods(
        self, points: Float[Tensor, "batch channel side side"], probes: Float[Tensor, "batch channel side side"]
    ) -> Float[Tensor, "batch class"]:
        """By the change of variables; there is no trace to probe."""
        labels = torch.arange(CLASSES, device=points.device).repeat(len(points))
        found: Float[Tensor, " row"] = self.flow(points.repeat_interleave(CLASSES, dim=0), labels)
        return found.view(len(points), CLASSES)
