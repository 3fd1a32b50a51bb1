"""Makes the classifier by noise prediction from a score network, and its quicker form that drops classes round by round."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.contract.fields import require
from experiments.methods.score_models.diffusions import Diffusion, Weighting
from model_zoo.sources.score_classifier import NoiseClassifier
from model_zoo.sources.score_network import ScoreNetwork

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, without their whole parts, cover [0, 1) evenly, however many of the first are taken."""
RUNGS = ((5, 16), (1, 64))
"""Classes that are kept after so many samples in all."""


def noise_classifier(
    network: ScoreNetwork,
    *,
    diffusion: Diffusion,
    levels: int,
    samples: int = 16,
    weighting: Weighting = "noise",
    seed: int = 0,
) -> NoiseClassifier:
    """A classifier with a bank of `samples` times and noises, which all classes and all images share.

    With the weighting `likelihood` its scores are, up to a constant, bounds of the log-likelihoods in nats.
    """
    shares = (torch.arange(samples, dtype=torch.float64) + 0.5) * GOLDEN % 1
    times = diffusion.times_at(shares, weighting=weighting).float()
    first, last = diffusion.log_ratio(torch.tensor([diffusion.earliest, 1.0], dtype=torch.float64))
    weight = float(last - first) if weighting == "likelihood" else 1.0
    return with_bank(network, times, torch.full_like(times, weight), diffusion=diffusion, levels=levels, seed=seed)


def with_bank(
    network: ScoreNetwork,
    times: Float[Tensor, " sample"],
    weights: Float[Tensor, " sample"],
    *,
    diffusion: Diffusion,
    levels: int,
    seed: int,
) -> NoiseClassifier:
    """A classifier with these times and weights of its errors; noise and dequantization follow from the seed."""
    generator = torch.Generator().manual_seed(seed)
    classifier = NoiseClassifier(network, levels=levels, samples=len(times))
    scales, deviations = diffusion.moments(times)
    noise = torch.randn((len(times), *network.shape), generator=generator)
    bank = {"times": times, "scales": scales, "deviations": deviations, "weights": weights, "noise": noise}
    bank["offsets"] = torch.rand(network.shape, generator=generator)
    for name, values in bank.items():
        classifier.get_buffer(name).copy_(values)
    return classifier.to(next(network.parameters()).device).eval()


def eliminated(
    classifier: NoiseClassifier,
    images: Float[Tensor, "batch channel height width"],
    *,
    rungs: Sequence[tuple[int, int]] = RUNGS,
) -> Int[Tensor, " batch"]:
    """The classes of images in [0, 1], by rungs (classes kept, samples until then): the errors of dropped classes stay unknown.

    Raises:
        InputError: Rungs keep more classes or take fewer samples than those before, keep several at the end, or take more
            samples than the bank has.
    """
    _check(rungs, classes=classifier.network.classes, samples=len(classifier.get_buffer("times")))
    labels = torch.arange(classifier.network.classes, device=images.device).repeat(len(images), 1)
    errors = images.new_zeros(labels.shape)
    taken = 0
    with torch.no_grad():
        for keep, samples in rungs:
            errors = errors + classifier.errors(images, labels, first=taken, last=samples)
            errors, best = errors.topk(keep, dim=1, largest=False)
            labels, taken = labels.gather(1, best), samples
    return labels[:, 0]


def _check(rungs: Sequence[tuple[int, int]], *, classes: int, samples: int) -> None:
    kept = [keep for keep, _ in rungs]
    taken = [until for _, until in rungs]
    remedy = "Give pairs (classes kept, samples until then), such as ((5, 16), (1, 64)), that end with one class"
    falls = kept == sorted(kept, reverse=True) and bool(kept) and kept[0] <= classes and kept[-1] == 1
    require(falls, "rungs", f"{list(rungs)} do not keep fewer and fewer of {classes} classes", remedy)
    rises = all(a < b for a, b in zip([0, *taken], taken, strict=False)) and taken[-1] <= samples
    require(rises, "rungs", f"{list(rungs)} do not take more and more of {samples} samples", remedy)
