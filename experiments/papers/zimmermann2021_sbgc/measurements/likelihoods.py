"""Accuracy and likelihood on images as they are, and the likelihood of images of no class."""

import math
import time

import numpy as np
import torch
from jaxtyping import Float, UInt8
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from experiments.contract.artifacts import Workshop
from experiments.methods.score_models.dequantization import bits_per_dimension
from experiments.methods.score_models.likelihood_classifier import DensityClassifier
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LeveledImages, require_classes
from experiments.papers.zimmermann2021_sbgc.measurements.robustness import Arrays, Values

STRANGER_SEED = 0
SHOWN = 6
AT_ONCE = 64
"""Images between two reports."""


def clean(classifier: nn.Module, images: LeveledImages, *, workshop: Workshop) -> tuple[Arrays, Values]:
    """Which images are classified right, seconds an image, and bits per dimension given the true class and given none."""
    started = time.perf_counter()
    scores: list[Tensor] = []
    unit = images.unit
    with torch.no_grad():
        for part in torch.split(unit, AT_ONCE):
            workshop.report(AT_ONCE * len(scores), len(unit), "classifying")
            seen = part.to(workshop.device)
            scores.append(classifier.by_draw(seen) if isinstance(classifier, DensityClassifier) else classifier(seen)[None])
    seconds = (time.perf_counter() - started) / len(unit)
    by_draw = torch.cat(scores, dim=1).cpu()
    averaged = by_draw.logsumexp(dim=0) - math.log(len(by_draw))
    right = (averaged.argmax(dim=1) == images.labels).numpy()
    arrays: Arrays = {"right": right, "scores": averaged.numpy(), "labels": images.labels.numpy()}
    values: Values = {"accuracy": float(right.mean()), "images": len(unit), "seconds": seconds}
    if isinstance(classifier, DensityClassifier):
        values |= {
            "accuracy_by_draw": (by_draw.argmax(dim=2) == images.labels).float().mean(dim=1).tolist(),
            **_bits_of(by_draw, images, arrays=arrays),
        }
    return arrays, values


def strangers(classifier: DensityClassifier, images: LeveledImages, *, workshop: Workshop) -> tuple[Arrays, Values]:
    """Bits per dimension, no class given, of images of no class, and how sure the classifier is of one all the same.

    A seed of its own draws them, so that all networks see the same strangers.

    Raises:
        InputError: All images are of one class, so that there is nothing to blend.
    """
    require_classes(images.labels, field="strangers")
    arrays: Arrays = {}
    values: Values = {}
    kinds = {"digits": images.pixels, **_strange(images)}
    for place, (kind, pixels) in enumerate(kinds.items()):
        workshop.report(place, len(kinds), f"likelihoods of {kind}")
        with torch.no_grad():
            unit = pixels.float() / (images.levels - 1)
            scores = torch.cat([classifier(part.to(workshop.device)).cpu() for part in torch.split(unit, AT_ONCE)])
        bits = _without_class(scores, images)
        arrays |= {f"{kind}_bits": bits.numpy(), f"{kind}_shown": unit[:SHOWN].numpy()}
        sure = scores.softmax(dim=1).amax(dim=1)
        values[kind] = {"bits": float(bits.mean()), "confidence": float(sure.mean())}
        if kind != "digits":
            truth = np.repeat([0, 1], [len(images.labels), len(bits)])
            both = np.concatenate([arrays["digits_bits"], bits.numpy()])
            values[kind]["auroc"] = float(roc_auc_score(truth, both))
    return arrays, values


def _bits_of(by_draw: Float[Tensor, "draw image class"], images: LeveledImages, *, arrays: Arrays) -> Values:
    """Means over draws of each draw's bits: that is the bound, where the log of a mean would be less with every draw."""
    dimensions = images.pixels[0].numel()
    own = by_draw.gather(2, images.labels.expand(len(by_draw), -1)[..., None]).squeeze(2).mean(dim=0)
    arrays["bits"] = bits_per_dimension(own, dimensions=dimensions, levels=images.levels).numpy()
    arrays["bits_without_class"] = torch.stack([_without_class(one, images) for one in by_draw]).mean(dim=0).numpy()
    return {name: float(arrays[name].mean()) for name in ("bits", "bits_without_class")}


def _without_class(scores: Float[Tensor, "image class"], images: LeveledImages) -> Float[Tensor, " image"]:
    mixture = scores.logsumexp(dim=1) - math.log(CLASSES)
    return bits_per_dimension(mixture, dimensions=images.pixels[0].numel(), levels=images.levels)


def _strange(images: LeveledImages) -> dict[str, UInt8[Tensor, "image channel side side"]]:
    pixels, generator = images.pixels, torch.Generator().manual_seed(STRANGER_SEED)
    others = torch.stack([_of_another_class(images, number, generator=generator) for number in range(len(pixels))])
    order = torch.randperm(pixels[0].numel(), generator=generator)
    highest = images.levels - 1
    return {
        "blends": ((pixels.int() + others.int()) // 2).to(torch.uint8),
        "inverted": highest - pixels,
        "shuffled pixels": pixels.flatten(1)[:, order].view_as(pixels),
        "noise": torch.randint(0, images.levels, pixels.shape, generator=generator).to(torch.uint8),
        "black": torch.zeros_like(pixels[:1]).repeat(len(pixels), 1, 1, 1),
    }


def _of_another_class(images: LeveledImages, number: int, *, generator: torch.Generator) -> UInt8[Tensor, "channel side side"]:
    candidates = (images.labels != images.labels[number]).nonzero().flatten()
    return images.pixels[candidates[torch.randint(len(candidates), (1,), generator=generator)]][0]
