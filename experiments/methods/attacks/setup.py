"""The set-ups of an active test: for each image its points, its read-out, its threshold and what random attacks find.

Called by `active_test.prepare`; several attacks are then tried on the same set-ups.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.methods.attacks.binary_model import BinaryModel, Detector
from experiments.methods.attacks.candidates import Candidates, draw_candidates, labels_of
from experiments.methods.attacks.encoder import Encoder, Seen
from experiments.methods.attacks.judge import allowed, class_one, margins
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.random_attack import NOTHING, Found, random_attack
from experiments.methods.attacks.readout import Readouts, fit, separable
from experiments.methods.attacks.threshold import harden
from experiments.methods.training.stacked import step_generator

VALUES_AT_ONCE = 2**23
"""Features that are fitted at once, so that double precision takes tens of megabytes."""


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
    """The set-ups of images numbered from `first`; they do not depend on how many are made at once."""
    rows = (options.inner + options.boundary + options.references) * options.repeats
    width = encoder.in_parts(images[:1], batch=options.batch).features.shape[1]
    at_once = max(1, VALUES_AT_ONCE // (rows * width))
    made: list[Setup] = []
    for part in torch.split(images, at_once):
        generators = [
            step_generator(options.seed, step=first + len(made) + number, device=str(images.device))
            for number in range(len(part))
        ]
        fitted = _fitted(encoder, part, options=options, detector=detector, generators=generators)
        made += [
            setup if setup.failure else _tried(setup, encoder, options=options, detector=detector, generator=generator)
            for setup, generator in zip(fitted, generators, strict=True)
        ]
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


def _fitted(
    encoder: Encoder,
    images: Float[Tensor, "image ..."],
    *,
    options: Options,
    detector: Detector | None,
    generators: list[torch.Generator],
) -> list[Setup]:
    """Set-ups without what random attacks find."""
    drawn = [
        draw_candidates(encoder, image, options=options, detector=detector, generator=generator)
        for image, generator in zip(images, generators, strict=True)
    ]
    seen = [_passes(encoder, one.points, options=options) for one in drawn]
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


def _passes(encoder: Encoder, points: Float[Tensor, "point ..."], *, options: Options) -> Seen:
    """All points, once for each pass."""
    passes = [encoder.in_parts(points, batch=options.batch) for _ in range(options.repeats)]
    return Seen(torch.cat([one.features for one in passes]), torch.cat([one.logits for one in passes]))


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
    exists = separable(features, labels)
    return "the fit of the read-out did not converge" if exists else "no linear read-out separates its points"


def _tried(setup: Setup, encoder: Encoder, *, options: Options, detector: Detector | None, generator: torch.Generator) -> Setup:
    """The same, verified on a fresh pass of the binary model, with what random attacks find."""
    model = binary_model([setup], encoder, options=options, detector=detector)
    known = setup.solution[None]
    stands = class_one(margins(model, known, repeats=options.repeats)) & allowed(detector, known, inverted=options.inverted)
    if not bool(stands):
        return replace(setup, failure="its known adversarial image is none in a further pass of the model")
    return replace(
        setup,
        found=random_attack(
            encoder, setup.weight, setup.bias, setup.image, options=options, detector=detector, generator=generator
        ),
    )
