"""Forms of the noise-prediction classifier of `methods/score_models`: over several banks, with rungs, with its read-out apart."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.methods.score_models.diffusions import Diffusion
from experiments.methods.score_models.noise_classifier import eliminated, noise_classifier
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Form
from model_zoo.sources.score_classifier import NoiseClassifier
from model_zoo.sources.score_network import ScoreNetwork

MOST_ROWS = 20_480
"""Images times classes times samples at once where no gradients are kept."""


class InParts(nn.Module):
    """A classifier that sees few images at once where no gradients are kept; several are averaged."""

    def __init__(self, banks: list[NoiseClassifier]) -> None:
        super().__init__()
        self.banks = nn.ModuleList(banks)

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """The mean scores."""
        samples = sum(len(bank.get_buffer("times")) for bank in self.banks)
        parts = torch.split(images, rows_of(len(images), samples=samples))
        return torch.cat([torch.stack([bank(part) for bank in self.banks]).mean(dim=0) for part in parts])


class Eliminating(nn.Module):
    """Its only scores are 1 for the class that is left, and 0; there is no gradient."""

    def __init__(self, classifier: NoiseClassifier, form: Form) -> None:
        super().__init__()
        self.classifier, self.rungs = classifier, tuple(zip(form.kept, form.rungs, strict=True))

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """One row an image."""
        left = eliminated(self.classifier, images, rungs=self.rungs)
        return nn.functional.one_hot(left, CLASSES).float()


class ReadOut(nn.Module):
    """The same classifier as features and a linear layer, which it is: scores are minus the mean of errors.

    The features of an image are its weighted errors, one for each sample and class. So the active test, which puts another
    read-out in the place of the last linear layer, can be run on it as on any network.
    """

    def __init__(self, classifier: NoiseClassifier) -> None:
        super().__init__()
        self.classifier, self.samples = classifier, len(classifier.get_buffer("times"))
        self.readout = nn.Linear(self.samples * CLASSES, CLASSES, bias=False)
        self.readout.weight = nn.Parameter(-torch.eye(CLASSES).repeat(1, self.samples) / self.samples, requires_grad=False)

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """The scores."""
        parts = torch.split(images, rows_of(len(images), samples=self.samples))
        scores: Float[Tensor, "batch class"] = self.readout(torch.cat([self._errors(part) for part in parts]))
        return scores

    def _errors(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch feature"]:
        labels = torch.arange(CLASSES, device=images.device).expand(len(images), -1)
        return torch.cat([self.classifier.errors(images, labels, first=n, last=n + 1) for n in range(self.samples)], dim=1)


def rows_of(images: int, *, samples: int) -> int:
    """How many images a classifier sees at once."""
    return max(1, images) if torch.is_grad_enabled() else max(1, MOST_ROWS // (samples * CLASSES))


def noise_form(network: ScoreNetwork, form: Form, *, diffusion: Diffusion, levels: int) -> nn.Module:
    """The noise-prediction classifier of this form."""
    banks = [
        noise_classifier(network, diffusion=diffusion, levels=levels, samples=form.samples, seed=bank)
        for bank in range(form.bank, form.bank + form.banks)
    ]
    if form.kind == "readout":
        return ReadOut(banks[0])
    return Eliminating(banks[0], form) if form.rungs else InParts(banks)
