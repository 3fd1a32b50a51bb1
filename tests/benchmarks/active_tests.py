"""The active test of attacks, all samples at once, against the published algorithm written for one sample at a time.

Both have the same model, samples, numbers of points and attack, and take turns after one that is not timed; the best of their
turns counts, in seconds of the wall clock: both may use all threads of the machine.
"""

import os
import resource
import time
from typing import Any

import foolbox
import numpy as np
import torch
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional

from experiments.datasets.digits import labeled_digits
from experiments.methods.attacks import prepare
from experiments.methods.attacks.points import corner_points, inner_points, surface_points

SAMPLES, INNER, CONTROLS = 64, 199, 200
EPS, CLOSENESS, GAP = 0.1, 0.999, 0.05
STEPS = 200
"""Of projected gradient descent, as in the published evaluations of robust networks and of k-winners-take-all."""
ROUNDS = 3


def run() -> list[dict[str, Any]]:
    """A row: samples/s of a whole test, and the difference of the success rates."""
    threads = os.cpu_count() or 1
    torch.set_num_threads(threads)
    network, images = _network(), _digits("test")[0][:SAMPLES]
    sides = {"ours": _batched, "reference": _one_by_one}
    rates = {label: measure(network, images) for label, measure in sides.items()}
    best = dict.fromkeys(sides, 0.0)
    for _ in range(ROUNDS):
        for label, measure in sides.items():
            started = time.perf_counter()
            measure(network, images)
            best[label] = max(best[label], SAMPLES / (time.perf_counter() - started))
    return [
        {
            "name": "active_test_vs_single",
            **best,
            "ratio": best["ours"] / best["reference"],
            "unit": "samples/s",
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "equal": abs(rates["ours"][0] - rates["reference"][0]),
            "detail": f"{SAMPLES} digits of 8 x 8, 512 features, {INNER} inner points, foolbox PGD with {STEPS} steps, random "
            f"attacks with {CONTROLS} points of each kind; reference: scikit-learn and attack sample by sample; success rates "
            f"{rates['ours'][0]:.3f} and {rates['reference'][0]:.3f}, random {rates['ours'][1]:.3f} and "
            f"{rates['reference'][1]:.3f} (its fit is of features as they are); best of {ROUNDS} turns of wall time; "
            f"{threads} threads",
        }
    ]


def _attack() -> foolbox.Attack:
    return foolbox.attacks.LinfPGD(steps=STEPS, rel_stepsize=0.025)


def _batched(network: nn.Sequential, images: Float[Tensor, "image 1 side side"]) -> tuple[float, float]:
    test = prepare(network, images, eps=EPS, samples=SAMPLES, inner=INNER, closeness=CLOSENESS, gap=GAP, controls=CONTROLS)
    verdict = test.run(_attack())
    return verdict.rate, verdict.random_corner


def _one_by_one(network: nn.Sequential, images: Float[Tensor, "image 1 side side"]) -> tuple[float, float]:
    """Algorithm 1 of Zimmermann et al. 2022 with the settings of its released scripts, in their order of steps."""
    generator = torch.Generator().manual_seed(0)
    outcomes = [_single(network, image, generator=generator) for image in images]
    return float(np.mean([attacked for attacked, _ in outcomes])), float(np.mean([by_chance for _, by_chance in outcomes]))


def _single(network: nn.Sequential, image: Float[Tensor, "1 side side"], *, generator: torch.Generator) -> tuple[bool, bool]:
    inner = inner_points(image, count=INNER - 1, radius=(1 - GAP) * EPS, norm="linf", generator=generator)
    corner = corner_points(image, count=1, radius=EPS, norm="linf", generator=generator)
    points = torch.cat([image[None], inner, corner])
    encoder = network[:-1]
    with torch.no_grad():
        features, logits = encoder(points), network(points)
    labels = np.r_[np.zeros(INNER), 1]
    fitted = LogisticRegression(C=1e8, tol=1e-8, max_iter=2000).fit(features.double().numpy(), labels)
    weight, bias = fitted.coef_[0], fitted.intercept_[0]
    scores = features.double().numpy() @ weight + bias
    hard = scores - CLOSENESS * scores[-1]
    scale = float(logits.max() - logits.min()) / (2 * np.abs(hard).max())
    readout = nn.Linear(len(weight), 2)
    readout.weight.data = torch.from_numpy(scale * np.stack([-weight, weight])).float()
    readout.bias.data = torch.from_numpy(
        scale * np.stack([-bias, bias]) + scale * CLOSENESS * scores[-1] * np.array([1, -1])
    ).float()
    binary = nn.Sequential(encoder, readout).eval().requires_grad_(False)
    wrapped = foolbox.PyTorchModel(binary, bounds=(0, 1))
    _, found, _ = _attack()(wrapped, image[None].contiguous(), torch.zeros(1, dtype=torch.long), epsilons=EPS)
    kinds = (surface_points, corner_points, inner_points)
    drawn = [kind(image, count=CONTROLS, radius=EPS, norm="linf", generator=generator) for kind in kinds]
    with torch.no_grad():
        by_chance = [bool(binary(chance).argmax(1).any()) for chance in drawn]
        return bool(binary(found).argmax(1)), by_chance[1] or by_chance[2]


def _digits(part: Any) -> tuple[Float[Tensor, "image 1 8 8"], Tensor]:
    labeled = labeled_digits(part, side=8)
    return torch.from_numpy(labeled.pixels[..., 0]).float()[:, None] / 255, torch.from_numpy(labeled.labels).long()


def _network() -> nn.Sequential:
    images, labels = _digits("train")
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 10)
    )
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for chosen in torch.randint(0, len(images), (300, 64)):
        loss = functional.cross_entropy(network(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return network.eval()
