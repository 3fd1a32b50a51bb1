"""Trains detectors of visualizations, chooses their threshold, and measures their errors."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.methods.circuits.distortions import DISTORTIONS, resized
from experiments.methods.exemplars import as_tensor
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.preprocessing import Preprocess

HALF_BATCH = 16
STEPS_PER_EPOCH = 40
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-4
"""Adam, where SGD at 0.01 is reported: that had 1.75 million images and 8 epochs, here there are some hundred steps."""
PATIENCE = 6
"""Epochs without a smaller validation loss after which training ends."""
SCALES = (0.75, 1.0, 1.35)
"""Sides at which images are shown in training, as multiples of the trajectories' side: visualizations come in any size."""
FALSE_ALARMS = 0.005
"""Share of validation images that may be taken for visualizations: what it costs is accuracy of the manipulated network."""
AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Images of both kinds, natural first; the sides may differ."""

    natural: UInt8[np.ndarray, "natural side side 3"]
    visualizations: UInt8[np.ndarray, "visualization size size 3"]


def train(
    training: Examples,
    validation: Examples,
    *,
    preprocess: Preprocess,
    epochs: int,
    seed: int,
    device: str,
    report: Callable[[int, int, str], None],
) -> tuple[TrajectoryDetector, list[float]]:
    """A detector, and the validation loss of each epoch.

    Both kinds are distorted alike in training, so that neither borders nor blur nor compression tell them apart.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        detector = TrajectoryDetector().to(device)
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * STEPS_PER_EPOCH
    optimizer = torch.optim.AdamW(detector.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps)
    losses: list[float] = []
    best = copy.deepcopy(detector.state_dict())
    for epoch in range(epochs):
        detector.train()
        for step in range(STEPS_PER_EPOCH):
            report(epoch * STEPS_PER_EPOCH + step, steps, "training of the detector")
            inputs, labels = _batch(training, generator=generator, device=device)
            optimizer.zero_grad()
            functional.binary_cross_entropy_with_logits(detector(preprocess(inputs)), labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        detector.eval()
        losses.append(_loss(detector, validation, preprocess=preprocess, seed=seed, device=device))
        if losses[-1] == min(losses):
            best = copy.deepcopy(detector.state_dict())
        if len(losses) - 1 - losses.index(min(losses)) >= PATIENCE:
            break
    detector.load_state_dict(best)
    _choose_threshold(detector, validation, preprocess=preprocess, seed=seed, device=device)
    return detector.eval().requires_grad_(False), losses


def logits(
    detector: TrajectoryDetector,
    pixels: UInt8[np.ndarray, "image side side 3"],
    *,
    preprocess: Preprocess,
    side: int,
    distortion: str = "plain",
    seed: int = 0,
    device: str = "cpu",
) -> Float[Tensor, " image"]:
    """What a detector says of images shown at `side` px; above 0 means natural."""
    generator, parts = torch.Generator().manual_seed(seed), []
    with torch.inference_mode():
        for start in range(0, len(pixels), AT_ONCE):
            images = resized(as_tensor(pixels[start : start + AT_ONCE], device=device), side=side)
            parts.append(detector(preprocess(DISTORTIONS[distortion](images, generator))).cpu())
    return torch.cat(parts)


def false_alarms(
    detector: TrajectoryDetector,
    natural: UInt8[np.ndarray, "image side side 3"],
    *,
    preprocess: Preprocess,
    side: int,
    device: str,
) -> Mapping[str, float]:
    """Share of natural images taken for visualizations, by what happened to them and at their own resolution."""

    def rate(side: int, distortion: str) -> float:
        given = logits(detector, natural, preprocess=preprocess, side=side, distortion=distortion, device=device)
        return _share(given <= 0)

    return {**{name: rate(side, name) for name in DISTORTIONS}, "full_resolution": rate(natural.shape[1], "plain")}


def _share(flags: Bool[Tensor, " image"]) -> float:
    return float(flags.double().mean())


def _batch(examples: Examples, *, generator: torch.Generator, device: str) -> tuple[Tensor, Tensor]:
    """As many images of each kind at one side in px, distorted; label 1 is natural."""
    size = examples.visualizations.shape[1]
    side = round(size * SCALES[int(torch.randint(len(SCALES), (1,), generator=generator))])
    natural = _drawn(examples.natural, generator=generator, device=device)
    # Half of the natural images go through the visualizations' own resolution: coarseness is no sign of either kind.
    coarse, fine = natural.chunk(2)
    halves = (
        torch.cat([resized(resized(coarse, side=size), side=side), resized(fine, side=side)]),
        resized(_drawn(examples.visualizations, generator=generator, device=device), side=side),
    )
    images = torch.cat([_distorted(half, generator=generator) for half in halves])
    labels = torch.cat([torch.ones(HALF_BATCH), torch.zeros(HALF_BATCH)]).to(device)
    # Photographs come in whole numbers, what an optimizer sees does not.
    dither = (torch.rand(images.shape, generator=generator).to(device) - 0.5) / 255
    return images + dither, labels


def _drawn(pixels: UInt8[np.ndarray, "image side side 3"], *, generator: torch.Generator, device: str) -> Tensor:
    chosen = torch.randint(len(pixels), (HALF_BATCH,), generator=generator).numpy()
    return as_tensor(pixels[chosen], device=device)


def _distorted(images: Tensor, *, generator: torch.Generator) -> Tensor:
    """The images in groups, one for each distortion, in random order beforehand."""
    groups = images[torch.randperm(len(images), generator=generator)].tensor_split(len(DISTORTIONS))
    return torch.cat([distort(group, generator) for distort, group in zip(DISTORTIONS.values(), groups, strict=True)])


def _loss(detector: TrajectoryDetector, examples: Examples, *, preprocess: Preprocess, seed: int, device: str) -> float:
    """Mean cross-entropy of both kinds, plain and as an optimizer shows them."""
    natural, fooling = _both(detector, examples, preprocess=preprocess, seed=seed, device=device)
    return float(functional.softplus(-natural).mean() + functional.softplus(fooling).mean())


def _choose_threshold(
    detector: TrajectoryDetector, examples: Examples, *, preprocess: Preprocess, seed: int, device: str
) -> None:
    """Shift the logits so that 0 lies in the gap between the kinds; where they overlap, so that few natural ones are below."""
    natural, fooling = _both(detector, examples, preprocess=preprocess, seed=seed, device=device)
    lowest, highest = natural.quantile(FALSE_ALARMS), fooling.max()
    threshold = (lowest + highest) / 2 if highest < lowest else lowest
    with torch.no_grad():
        detector.decision.bias.sub_(threshold.to(device))


def _both(
    detector: TrajectoryDetector, examples: Examples, *, preprocess: Preprocess, seed: int, device: str
) -> tuple[Tensor, Tensor]:
    """Logits of natural images, plain and viewed, and of visualizations."""
    side = examples.visualizations.shape[1]
    natural = [
        logits(detector, examples.natural, preprocess=preprocess, side=side, distortion=name, seed=seed, device=device)
        for name in ("plain", "viewed_standard")
    ]
    return torch.cat(natural), logits(detector, examples.visualizations, preprocess=preprocess, side=side, device=device)
