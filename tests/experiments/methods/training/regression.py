"""A small training: perceptrons, one for each seed, learn to turn vectors; made by a workshop as any `Training` is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from experiments import workshop
from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import build
from experiments.contract.recipes import Training
from experiments.methods.training import parallel
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.plan import Plan
from experiments.methods.training.registration import Registered, zoo_files
from experiments.methods.training.stacked import StackedPerceptrons, step_generator
from model_zoo.sources.perceptron import ELIGIBLE

LATENTS = 3
PAPER = "turning"
MADE_BY_PAPERS = workshop.MAKERS[Training]


@dataclass(frozen=True, kw_only=True)
class Turning:
    """All that decides the training."""

    steps: int = 40
    batch: int = 16
    width: int = 8
    clip: float = 0.0
    learning_rate: float = 1e-2
    measure_every: int = 10
    keep_every: int = 10
    watched: str = ""
    patience: int = 5
    pairs: bool = False
    """The loss also pushes the outputs of the batch apart, so that it needs those of all processes."""
    breaks_at: int = 10**9
    """The step from which on inputs are so large that the loss overflows."""

    @property
    def widths(self) -> tuple[int, ...]:
        return (LATENTS, self.width, LATENTS)

    @property
    def plan(self) -> Plan:
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            decay="cosine",
            clip=self.clip,
            measure_every=self.measure_every,
            keep_every=self.keep_every,
            watched=self.watched,
            patience=self.patience,
        )


class TurningTask:
    """Of a configuration and seeds; under torchrun each process takes its share of every batch."""

    def __init__(self, about: Turning, *, seeds: Sequence[int]) -> None:
        self.about, self.seeds = about, seeds
        self.network = StackedPerceptrons(seeds=seeds, widths=about.widths, slope=0.2, space="unbounded")

    def groups(self) -> list[Group]:
        return [Group(parameters=[*self.network.weights, *self.network.biases], members=len(self.seeds))]

    def loss(self, step: int) -> Tensor:
        inputs = torch.stack([parallel.share(self._drawn(seed, step=step)) for seed in self.seeds])
        inputs = inputs * (1e30 if step >= self.about.breaks_at else 1.0)
        outputs = self.network(inputs)
        errors = (outputs - inputs.roll(1, dims=-1)).square().mean(dim=(1, 2))
        return errors + self._nearness(outputs) if self.about.pairs else errors

    def _nearness(self, outputs: Tensor) -> Tensor:
        whole = parallel.gathered(outputs.transpose(0, 1).contiguous()).transpose(0, 1)
        return (outputs @ whole.mT).logsumexp(dim=2).mean(dim=1)

    def measure(self) -> Mapping[str, Any]:
        inputs = torch.stack([self._drawn(seed, step=10**6) for seed in self.seeds])
        with torch.no_grad():
            errors = (self.network(inputs) - inputs.roll(1, dims=-1)).square().mean(dim=(1, 2))
        return {"fit": (-errors).tolist()}

    def _drawn(self, seed: int, *, step: int) -> Tensor:
        return torch.randn(self.about.batch, LATENTS, generator=step_generator(seed, step=step, device="cpu"))


def recipe(*, seeds: Sequence[int] = (0,), **changes: Any) -> Training:
    return Training(paper=PAPER, configuration=changes, seeds=tuple(seeds))


def make(asked: Training, place: Workshop) -> Product:
    """What the `train` of a paper does."""
    about = build(Turning, asked.configuration)
    task = TurningTask(about, seeds=asked.seeds)
    checkpoints = Checkpoints(store=place.store, recipe=asked)
    lines = train(task, plan=about.plan, checkpoints=checkpoints, report=place.report, doing="turning")
    spec = {"widths": list(about.widths), "slope": 0.2, "space": "unbounded"}
    registered = Registered(title="Turned", architecture="perceptron", spec=spec, eligible=ELIGIBLE, vector=LATENTS)
    files = zoo_files(asked, task.network.member(0), about=registered)
    return Product(new_files=[journal_file(lines), *files], values={"fit": lines[-1]["fit"]})


def register() -> None:
    """Let workshops of this process make the trainings of this file as well, which belong to no paper."""

    def made(asked: Training, place: Workshop) -> Product:
        return make(asked, place) if asked.paper == PAPER else MADE_BY_PAPERS(asked, place)

    workshop.MAKERS[Training] = made  # type: ignore[index]  # a dict behind a Mapping
