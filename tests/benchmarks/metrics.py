"""Metrics of representations and segmentations against straightforward restatements of the published formulas.

Ours and the reference take turns on the same data; the best of their turns counts.
"""

import resource
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.methods.metrics.clustering import pair_scores
from experiments.methods.metrics.compositional_contrast import compositional_contrast
from experiments.methods.metrics.matching import mcc
from tests.benchmarks.assignment import cheapest_assignment

SAMPLES, LATENTS = 4096, 10
"""The evaluation of Zimmermann et al. 2021."""
IMAGES, SIDE, OBJECTS, SLOTS = 200, 64, 5, 7
POINTS, SLOT_SIZE, WIDTH, OUTPUTS = 64, 3, 80, 20
"""A batch of Brady et al. 2023 with three slots."""
ROUNDS = 5


def run() -> list[dict[str, Any]]:
    """A row for each metric: ms a call, and the largest difference of the values. One thread: none of them has work for more."""
    torch.set_num_threads(1)
    return [_mcc(), _ari(), _contrast()]


def _mcc() -> dict[str, Any]:
    draw = np.random.default_rng(0)
    latents = draw.uniform(size=(SAMPLES, LATENTS))
    estimates = latents @ draw.normal(size=(LATENTS, LATENTS)) + 0.1 * draw.normal(size=(SAMPLES, LATENTS))
    return _row(
        "mcc_vs_python",
        ours=lambda: np.array([mcc(latents, estimates).score]),
        reference=lambda: np.array([plain_mcc(latents, estimates)]),
        detail=f"{LATENTS} latents, {SAMPLES} samples, Pearson; reference: a correlation for each pair, Hungarian in Python",
    )


def plain_mcc(latents: Float[np.ndarray, "sample latent"], estimates: Float[np.ndarray, "sample latent"]) -> float:
    """Correlations one by one, assigned in Python, averaged."""
    table = [[abs(np.corrcoef(latent, estimate)[0, 1]) for estimate in estimates.T] for latent in latents.T]
    order = cheapest_assignment([[-value for value in row] for row in table])
    return float(np.mean([table[row][column] for row, column in enumerate(order)]))


def _ari() -> dict[str, Any]:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, OBJECTS, (IMAGES, SIDE * SIDE))
    # Two thirds of the pixels in the slot of their object.
    predicted = np.where(draw.random(truth.shape) < 2 / 3, truth, draw.integers(0, SLOTS, truth.shape))

    def ours() -> Float[np.ndarray, "image 3"]:
        found = pair_scores(truth, predicted)
        return np.stack([found.ari, found.precision, found.recall], axis=1)

    return _row(
        "ari_vs_python",
        ours=ours,
        reference=lambda: np.array([plain_scores(*pair) for pair in zip(truth, predicted, strict=True)]),
        detail=f"index, precision, recall of {IMAGES} images of {SIDE} x {SIDE}, {OBJECTS} objects, {SLOTS} slots; "
        "reference: a loop over images and pairs of labels",
    )


def plain_scores(truth: Int[np.ndarray, " pixel"], predicted: Int[np.ndarray, " pixel"]) -> tuple[float, float, float]:
    """The formulas on sums over pairs of labels, each counted by its masks."""
    counts = {
        (one, other): int(np.sum((truth == one) & (predicted == other)))
        for one in np.unique(truth)
        for other in np.unique(predicted)
    }
    both = sum(count * (count - 1) for count in counts.values())
    wanted = sum(count * (count - 1) for count in (int(np.sum(truth == one)) for one in np.unique(truth)))
    claimed = sum(count * (count - 1) for count in (int(np.sum(predicted == one)) for one in np.unique(predicted)))
    chance = wanted * claimed / (len(truth) * (len(truth) - 1))
    precision, recall = (both - chance) / (claimed - chance), (both - chance) / (wanted - chance)
    return 2 * precision * recall / (precision + recall), precision, recall


def _contrast() -> dict[str, Any]:
    torch.manual_seed(0)
    slots = 3
    widths = (slots * SLOT_SIZE, WIDTH, WIDTH, slots * OUTPUTS)
    layers = [nn.Linear(*pair) for pair in pairwise(widths)]
    decoder = nn.Sequential(nn.Flatten(), layers[0], nn.LeakyReLU(0.2), layers[1], nn.LeakyReLU(0.2), layers[2])
    latents = torch.randn(POINTS, slots, SLOT_SIZE)
    return _row(
        "contrast_vs_rows",
        ours=lambda: compositional_contrast(decoder, latents, chunk=POINTS).numpy(),
        reference=lambda: plain_contrast(decoder, latents).numpy(),
        detail=f"{POINTS} points of a decoder {'-'.join(map(str, widths))}, {slots} slots; "
        "reference: a backward pass for each output of each point",
    )


def plain_contrast(decoder: nn.Module, latents: Float[Tensor, "batch slot dim"]) -> Float[Tensor, " batch"]:
    """The published double sum on Jacobians made of one gradient a row."""
    found = []
    for point in latents:
        slots = point.clone().requires_grad_()
        outputs = decoder(slots[None])[0]
        rows = [torch.autograd.grad(output, slots, retain_graph=True)[0] for output in outputs]
        norms = torch.stack(rows).norm(dim=2)
        pairs = [norms[:, one] * norms[:, other] for one in range(len(point)) for other in range(one)]
        found.append(torch.stack(pairs).sum())
    return torch.stack(found)


def _row(name: str, *, ours: Callable[[], Any], reference: Callable[[], Any], detail: str) -> dict[str, Any]:
    best = {"ours": float("inf"), "reference": float("inf")}
    values = {}
    for _ in range(ROUNDS):
        for label, measure in (("ours", ours), ("reference", reference)):
            started = time.perf_counter()
            values[label] = measure()
            best[label] = min(best[label], 1000 * (time.perf_counter() - started))
    return {
        "name": name,
        **best,
        "ratio": best["reference"] / best["ours"],
        "unit": "ms",
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "equal": float(np.abs(values["ours"] - values["reference"]).max()),
        "detail": f"{detail}; best of {ROUNDS} turns; largest value {np.abs(values['reference']).max():.3g}; "
        f"{torch.get_num_threads()} threads",
    }
