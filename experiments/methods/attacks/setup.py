"""The set-ups of an active test: for each image its points, its read-out, its threshold and what random attacks find.

Called by `active_test.prepare`; several attacks are then tried on the same set-ups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.methods.attacks.binary_model import BinaryModel, Detector
from experiments.methods.attacks.candidates import Candidates, draw_candidates, labels_of
from experiments.methods.attacks.encoder import Encoder, Seen
from experiments.methods.attacks.images import seeded
from experiments.methods.attacks.judge import allowed, class_one, margins
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.points import inside
from experiments.methods.attacks.random_attack import NOTHING, Found, random_attack
from experiments.methods.attacks.readout import Readouts, fit, separable
from experiments.methods.attacks.threshold import harden
from experiments.methods.training.stacked import step_generator

VALUES_AT_ONCE = 2**20
"""Features that are fitted at once: in double precision they stay in the caches of a CPU."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Setup:
    """Of one image; where `failure` says why there is none, the other fields mean nothing."""

    image: Float[Tensor, "..."]
    weight: Float[Tensor, " feature"]
    bias: Float[Tensor, ""]
    solution: Float[Tensor, "..."]
    """The best boundary point: an adversarial image that is known to exist."""
    references: Float[Tensor, "reference ..."]
    threshold: float
    """Its place on a scale where the score of the best boundary point is 1."""
    failure: str = ""
    found: Found = NOTHING
    """What random attacks find."""


def make_setups(
    encoder: Encoder, images: Float[Tensor, "image ..."], *, options: Options, detector: Detector | None, first: int
) -> list[Setup]:
    """The set-ups of images numbered from `first`; they do not depend on how many of them are made at once.

    For a randomized model, too: its generators start at seeds of the image.
    """
    rows = (options.inner + options.boundary + options.references) * options.repeats
    width = encoder.in_parts(images[:1], batch=options.batch).features.shape[1]
    at_once = max(1, VALUES_AT_ONCE // (rows * width))
    made: list[Setup] = []
    for part in torch.split(images, at_once):
        numbers = range(first + len(made), first + len(made) + len(part))
        generators = [step_generator(options.seed, step=number, device=str(images.device)) for number in numbers]
        seen = []
        for number, image, generator in zip(numbers, part, generators, strict=True):
            with seeded(_seed(options, number, "points")):
                seen.append(_seen(encoder, image, options=options, detector=detector, generator=generator))
        for number, setup, generator in zip(numbers, _fitted(part, seen, options=options), generators, strict=True):
            with seeded(_seed(options, number, "trial")):
                made.append(_tried(setup, encoder, options=options, detector=detector, generator=generator))
    return made


def binary_model(
    setups: list[Setup], encoder: Encoder, *, options: Options, detector: Detector | None, width: int | None = None
) -> BinaryModel:
    """The model that an attack on these images is given; its detector is the one that an attack has to stay below."""
    flipped = detector if detector is None or not options.inverted else (lambda images: -detector(images))
    return BinaryModel(
        encoder,
        weight=torch.stack([setup.weight for setup in setups]),
        bias=torch.stack([setup.bias for setup in setups]),
        images=torch.stack([setup.image for setup in setups]),
        reach=1.01 * options.far * options.eps,
        norm=options.norm,
        detector=flipped,
        references=torch.stack([setup.references for setup in setups]) if options.references else None,
    )


def _seed(options: Options, number: int, use: Literal["points", "trial"]) -> int:
    """Of the global generators while an image's points are seen, or its set-up is tried: fresh passes have fresh noise."""
    return int(np.random.SeedSequence((options.seed, number, ("points", "trial").index(use))).generate_state(1)[0])


def _seen(
    encoder: Encoder, image: Float[Tensor, "..."], *, options: Options, detector: Detector | None, generator: torch.Generator
) -> tuple[Candidates, Seen]:
    """The candidates of an image, and what the model makes of them: all points, once for each pass."""
    drawn = draw_candidates(encoder, image, options=options, detector=detector, generator=generator)
    passes = [encoder.in_parts(drawn.points, batch=options.batch) for _ in range(options.repeats)]
    return drawn, Seen(torch.cat([one.features for one in passes]), torch.cat([one.logits for one in passes]))


def _fitted(
    images: Float[Tensor, "image ..."], candidates: Sequence[tuple[Candidates, Seen]], *, options: Options
) -> list[Setup]:
    """Set-ups without what random attacks find."""
    drawn, seen = zip(*candidates, strict=True)
    features = torch.stack([one.features for one in seen])
    labels = labels_of(options, device=images.device)
    readouts = fit(features, labels)
    reasons = [
        "" if separates else _why(rows, labels) for separates, rows in zip(readouts.separates.tolist(), features, strict=True)
    ]
    return [
        _setup(image, drawn[n], seen[n], readouts, n, options=options, failure=drawn[n].failure or reasons[n])
        for n, image in enumerate(images)
    ]


def _setup(
    image: Float[Tensor, "..."],
    drawn: Candidates,
    seen: Seen,
    readouts: Readouts,
    number: int,
    *,
    options: Options,
    failure: str,
) -> Setup:
    scores = readouts.scores[number].view(options.repeats, -1)
    hard = harden(readouts.weight[number], readouts.bias[number], scores, seen.logits, options=options)
    boundary = drawn.points[options.inner : options.inner + options.boundary]
    return Setup(
        image=image,
        weight=hard.weight,
        bias=hard.bias,
        solution=boundary[hard.best],
        references=drawn.points[options.inner + options.boundary :],
        threshold=hard.threshold,
        failure=failure or ("" if hard.holds else "the threshold close to its best boundary point does not hold in numbers"),
    )


def _why(features: Float[Tensor, "point feature"], labels: Bool[Tensor, " point"]) -> str:
    """Why a read-out does not separate; the exact answer takes a second, so only those that failed are asked."""
    reasons = {
        True: "the fit of the read-out did not converge",
        False: "no linear read-out separates its points",
        None: "the fit of its read-out does not separate its points, and whether another would was not decided",
    }
    return reasons[separable(features, labels)]


def _tried(setup: Setup, encoder: Encoder, *, options: Options, detector: Detector | None, generator: torch.Generator) -> Setup:
    """The same, verified on a fresh pass of the binary model, with what random attacks find; or as it is where it failed."""
    if setup.failure:
        return setup
    model = binary_model([setup], encoder, options=options, detector=detector)
    known, clean = setup.solution[None], setup.image[None]
    solved, taken = class_one(margins(model, torch.cat([known, clean]), repeats=options.repeats)).tolist()
    if taken:
        return replace(setup, failure="its clean image is of class 1 in a further pass of the model")
    if not solved or not bool(allowed(detector, known, inverted=options.inverted)):
        return replace(setup, failure="its known adversarial image is none in a further pass of the model")
    if not bool(inside(known, clean, eps=options.eps, norm=options.norm)):
        return replace(setup, failure="in the precision of its values its known adversarial image is outside of the ball")
    return replace(
        setup,
        found=random_attack(
            encoder, setup.weight, setup.bias, setup.image, options=options, detector=detector, generator=generator
        ),
    )
