"""Likelihoods of all classes with common random numbers and fixed steps, against an adaptive solver, class by class.

Both sides use one score network, trained here on digits, and the same dequantized test images; so accuracies can be compared.
"""

import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Training
from experiments.datasets.digits import BRIGHTEST, CLASSES, Part, labeled_digits
from experiments.methods.score_models.configuration import Configuration
from experiments.methods.score_models.dequantization import bits_per_dimension, dequantized, quantized
from experiments.methods.score_models.likelihood import class_log_likelihoods, log_likelihood
from experiments.methods.score_models.probability_flow import Integration
from experiments.methods.score_models.score_task import ScoreTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.loop import train
from model_zoo.sources.score_network import ScoreNetwork

ABOUT = Configuration(width=192, blocks=1, steps=2000, measure_every=2000)
LEVELS, PIXELS = BRIGHTEST + 1, 64
IMAGES, ROUNDS = 100, 3
OURS = Integration(solver="fixed", steps=8)
PUBLISHED = Integration(solver="adaptive", tolerance=1e-5)


class Counted:
    """A network that counts its calls."""

    def __init__(self, network: ScoreNetwork) -> None:
        self.network, self.calls = network, 0

    def __call__(self, points: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        self.calls += 1
        return self.network(points, times, labels)


def run() -> list[dict[str, Any]]:
    """One row: likelihoods of an image given a class, by second."""
    torch.set_num_threads(1)
    network = Counted(_trained())
    counts, labels = _digits("test")
    counts, labels = counts[:IMAGES], labels[:IMAGES]
    points = dequantized(counts, levels=LEVELS, generator=torch.Generator().manual_seed(0))
    seconds: dict[str, list[float]] = {"ours": [], "published": []}
    found, calls = {}, {}
    for _ in range(ROUNDS):
        for name, way in (("ours", _ours), ("published", _published)):
            network.calls, started = 0, time.perf_counter()
            found[name] = way(network, points)
            seconds[name].append(time.perf_counter() - started)
            calls[name] = network.calls
    mine, theirs = (float(np.median(seconds[name])) for name in ("ours", "published"))
    # Of the two things that differ, probes and solvers, this one differs in its solver alone.
    found["same probes"] = _adaptive(network, points, seeds=[0] * CLASSES)
    right = {name: float((one.argmax(1) == labels).double().mean()) for name, one in found.items()}
    bits = {
        name: float(bits_per_dimension(one.gather(1, labels[:, None]).mean(), dimensions=PIXELS, levels=LEVELS))
        for name, one in found.items()
    }
    return [
        {
            "name": "likelihood_vs_adaptive",
            "ours": IMAGES * CLASSES / mine,
            "reference": IMAGES * CLASSES / theirs,
            "ratio": theirs / mine,
            "unit": "likelihoods/s",
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "equal": abs(right["ours"] - right["same probes"]),
            "detail": f"{IMAGES} digits, {CLASSES} classes, 1 thread; equal is the difference of accuracy, {right['ours']:.3f}, "
            f"to that of the adaptive solver with the same probes, {right['same probes']:.3f}; with a probe for each class it is "
            f"{right['published']:.3f}; bits/dim {bits['ours']:.3f}, {bits['same probes']:.3f}, {bits['published']:.3f}; "
            f"calls of the network: {calls['ours']} for all classes, {calls['published'] / CLASSES:.0f} for each",
        }
    ]


def _ours(network: Counted, points: Tensor) -> Tensor:
    with torch.no_grad():
        return class_log_likelihoods(network, points, classes=range(CLASSES), diffusion=ABOUT.process, integration=OURS, seed=0)


def _published(network: Counted, points: Tensor) -> Tensor:
    """Each class by itself, with a probe of its own (Song et al. 2021; Zimmermann et al. 2021)."""
    return _adaptive(network, points, seeds=range(1, CLASSES + 1))


def _adaptive(network: Counted, points: Tensor, *, seeds: Sequence[int]) -> Tensor:
    """By the adaptive solver, class by class, with the probes of these seeds."""
    with torch.no_grad():
        each = [
            log_likelihood(
                network,
                points,
                torch.full((len(points),), label),
                diffusion=ABOUT.process,
                integration=PUBLISHED,
                seed=seed,
            )
            for label, seed in enumerate(seeds)
        ]
    return torch.stack(each, dim=1)


def _trained() -> ScoreNetwork:
    counts, labels = _digits("train")
    task = ScoreTask(ABOUT, counts=counts, labels=labels, classes=CLASSES, seed=0, device="cpu", measured=lambda _network: {})
    checkpoints = Checkpoints(store=ArtifactStore("memory://likelihood"), recipe=Training(paper="zimmermann2021_sbgc"))
    train(task, plan=ABOUT.plan, checkpoints=checkpoints, report=lambda *_progress: None, doing="a score network")
    return task.network.average


def _digits(part: Part) -> tuple[Tensor, Tensor]:
    """Levels and classes of a part."""
    found = labeled_digits(part, side=8)
    gray = torch.from_numpy(found.pixels[..., 0].copy())[:, None].float() / 255
    return quantized(gray, levels=LEVELS), torch.from_numpy(found.labels).long()
