"""Steps a second of contrastive training against the published formulas: all-pairs tensors, positives by rejection.

Both sides train the same encoder on the same mixing by the same loop; what differs is how pairs are drawn and how the loss and
its gradients are computed.
"""

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Training
from experiments.datasets.latents.conditionals import Laplace, VonMisesFisher
from experiments.datasets.latents.mixing import InvertibleMixing
from experiments.datasets.latents.spaces import Box, Space, Sphere
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.loop import Group, train
from experiments.methods.training.plan import Plan
from experiments.methods.training.stacked import seeded_perceptron, step_generator
from model_zoo.sources.perceptron import OutputSpace, Perceptron
from tests.benchmarks.published_pairs import all_pairs_loss, laplace_in_unit_box, von_mises_fisher

LATENTS, BATCH, WIDTHS = 10, 1024, (10, 256, 256, 256, 10)
ROUNDS, STEPS = 5, 10
Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A row of the published tables."""

    title: str
    space: Space
    output: OutputSpace
    power: float
    ours: Callable[[Tensor, int], Tensor]
    """Positives of latents at a step."""
    published: Callable[[Tensor, int], Tensor]

    def pair(self, step: int, positives: Callable[[Tensor, int], Tensor]) -> Pair:
        """The latents of a step and their positives."""
        latents = self.space.uniform(BATCH, generator=step_generator(0, step=step, device="cpu"))
        return latents, positives(latents, step)


BOX, SPHERE = Box(LATENTS), Sphere(LATENTS)
SETTINGS = (
    Setting(
        title="box, Laplace .05, power 1",
        space=BOX,
        output="box",
        power=1,
        ours=lambda z, step: Laplace(0.05).sample(z, space=BOX, generator=step_generator(1, step=step, device="cpu")),
        published=lambda z, step: laplace_in_unit_box(z, scale=0.05, generator=step_generator(1, step=step, device="cpu")),
    ),
    Setting(
        title="sphere, von Mises-Fisher 10, squared",
        space=SPHERE,
        output="free_sphere",
        power=2,
        ours=lambda z, step: VonMisesFisher(10).sample(z, space=SPHERE, generator=step_generator(1, step=step, device="cpu")),
        published=lambda z, step: von_mises_fisher(z, concentration=10, generator=np.random.default_rng(step)),
    ),
)


@dataclass(kw_only=True)
class Encoding:
    """The task of one side."""

    network: Perceptron
    pairs: Callable[[int], Pair]
    compare: Callable[[Tensor, Tensor], Tensor]
    mixing: InvertibleMixing

    def groups(self) -> Sequence[Group]:
        """All parameters."""
        return [Group(parameters=[one for one in self.network.parameters() if one.requires_grad])]

    def loss(self, step: int) -> Tensor:
        """Of the pairs of this step."""
        first, second = self.pairs(step)
        outputs = self.network(self.mixing(torch.cat([first, second])))
        return self.compare(outputs[:BATCH], outputs[BATCH:])

    def measure(self) -> Mapping[str, Any]:
        """Nothing: only steps are timed."""
        return {}


def run() -> list[dict[str, Any]]:
    """The setting with the smaller advantage is the row; the other stands in its detail."""
    torch.set_num_threads(1)
    compared = [_compared(setting) for setting in SETTINGS]
    ours, published, _difference = min(compared, key=lambda one: one[1] / one[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = [
        f"{setting.title}: {1 / mine:.1f} and {1 / theirs:.1f} steps/s, {STEPS} losses on the same pairs differ by {gap:.1e}"
        for setting, (mine, theirs, gap) in zip(SETTINGS, compared, strict=True)
    ]
    return [
        {
            "name": "contrastive_vs_allpairs",
            "ours": 1 / ours,
            "reference": 1 / published,
            "ratio": published / ours,
            "unit": "steps/s",
            "peak_mib": peak,
            "equal": max(difference for _mine, _theirs, difference in compared),
            "detail": f"{LATENTS} latents, batch {BATCH}, encoder {WIDTHS}, 1 thread, peak of both sides; " + "; ".join(each),
        }
    ]


def _compared(setting: Setting) -> tuple[float, float, float]:
    """Seconds of a step of ours and of the published, alternating, and the largest difference of losses on the same pairs."""
    mixing = InvertibleMixing.draw(LATENTS, seed=0)

    def task(positives: Callable[[Tensor, int], Tensor], compare: Callable[[Tensor, Tensor], Tensor]) -> Encoding:
        network = seeded_perceptron(0, widths=WIDTHS, slope=0.01, space=setting.output)
        return Encoding(network=network, pairs=lambda step: setting.pair(step, positives), compare=compare, mixing=mixing)

    def quick(first: Tensor, second: Tensor) -> Tensor:
        return pair_nce(first, second, distance="lp", power=setting.power, negatives="self_included", directions="one")

    def published(first: Tensor, second: Tensor) -> Tensor:
        return all_pairs_loss(first, second, power=setting.power)

    traces = [_trained(task(setting.ours, compare))[1] for compare in (quick, published)]
    sides = (task(setting.ours, quick), task(setting.published, published))
    seconds = [[_trained(side)[0] for side in sides] for _round in range(ROUNDS)]
    mine, theirs = np.median(seconds, axis=0)
    return float(mine), float(theirs), float(np.abs(np.subtract(*traces)).max())


def _trained(task: Encoding) -> tuple[float, list[float]]:
    """Seconds of a step, and the losses of all steps."""
    checkpoints = Checkpoints(store=ArtifactStore("memory://contrastive"), recipe=Training(paper="zimmermann2021_clica"))
    plan = Plan(steps=STEPS, learning_rate=1e-3, measure_every=1, keep_every=10**9)
    started = time.perf_counter()
    lines = train(task, plan=plan, checkpoints=checkpoints, report=lambda *_progress: None, doing="steps")
    return (time.perf_counter() - started) / STEPS, [line["loss"] for line in lines]
