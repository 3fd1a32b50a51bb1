"""The synthetic trainings: encoders from pairs of one anisotropic law, with the scores of each latent beside the usual ones."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.maker import about, encoder_task, values_of
from experiments.methods.identification.task import EncoderTask
from experiments.methods.metrics.matching import block_r2
from experiments.methods.metrics.regression import linear_r2
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.registration import zoo_files

MEASURED = 4096
MEASURED_AT_THE_END = 8192
"""Latents: half to fit, half to score."""

Samples: TypeAlias = Float[np.ndarray, "sample latent"]


class AnisotropicTask:
    """A training of encoders that is also measured by parts of the latents."""

    def __init__(self, inner: EncoderTask, *, spectrum: Sequence[float]) -> None:
        self.inner, self.spectrum = inner, tuple(spectrum)

    @property
    def network(self) -> nn.Module:
        """The encoders and their precisions."""
        return self.inner.network

    def groups(self) -> Sequence[Group]:
        """Those of the training."""
        return self.inner.groups()

    def loss(self, step: int) -> Float[Tensor, ""]:
        """That of the training."""
        return self.inner.loss(step)

    def measure(self) -> Mapping[str, Any]:
        """The usual scores, and R² of each half of the latents, the more precise half first."""
        return {**self.inner.measure(), **self.halves(MEASURED)}

    def halves(self, count: int) -> dict[str, list[float]]:
        """Held-out R² by seed of the more precise half of the latents (content) and the other (style)."""
        half = len(self.spectrum) // 2
        order = sorted(range(len(self.spectrum)), key=lambda latent: -self.spectrum[latent])
        parts = {"content_r2": order[:half], "style_r2": order[-half:]}
        samples = self._samples(count)
        return {name: [linear_r2(code, truth[:, chosen]) for truth, code in samples] for name, chosen in parts.items()}

    def block_scores(self, count: int) -> list[float]:
        """By seed the R² of latents from codes, where those of equal precision may mix among one another."""
        return [block_r2(truth, code, blocks=self.spectrum).score for truth, code in self._samples(count)]

    def _samples(self, count: int) -> list[tuple[Samples, Samples]]:
        """Held-out latents and their codes, by seed."""
        pairs = self.inner.samples(count)
        return [(truth.double().cpu().numpy(), code.double().cpu().numpy()) for truth, code in pairs]


def train_latents(recipe: Training, configuration: Configuration, *, workshop: Workshop, title: str) -> Product:
    """The artifact of a training: `values` holds lists by seed.

    Raises:
        InputError: The loss is no number at some step, or a checkpoint is of another recipe.
        Cancelled: The job was cancelled.
    """
    task = AnisotropicTask(
        encoder_task(configuration, seeds=recipe.seeds, device=workshop.device), spectrum=configuration.spectrum
    )
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=f"training {title}")
    parts = {**task.halves(MEASURED_AT_THE_END), "block_r2": task.block_scores(MEASURED_AT_THE_END)}
    files = zoo_files(recipe, task.inner.encoder.member(0), about=about(configuration, title=title))
    return Product(new_files=(*files, journal_file(lines)), values={**values_of(task.inner), **parts})
