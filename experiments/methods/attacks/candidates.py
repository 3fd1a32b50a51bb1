"""The training points of one image's read-out: inner ones, boundary ones that the detector agrees with, and references beyond."""

from collections.abc import Callable
from dataclasses import dataclass

import foolbox
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from experiments.methods.attacks.binary_model import Detector
from experiments.methods.attacks.encoder import Encoder
from experiments.methods.attacks.judge import allowed
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.points import at_radius, corner_points, inner_points, surface_points

STEPS, STARTS = 20, 25
"""Steps of projected gradient descent on the defended model, for the inverted test of a detector, and its starts in a draw."""
Draw = Callable[[int], Float[Tensor, "point ..."]]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Points at which an image's read-out is fitted, in the order inner, boundary, references."""

    points: Float[Tensor, "point ..."]
    failure: str
    """Empty, or why the boundary points are not what they should be."""


def labels_of(options: Options, *, device: torch.device) -> Bool[Tensor, " point"]:
    """Class of each candidate, a row for each pass."""
    numbers = torch.arange(options.inner + options.boundary + options.references, device=device)
    return (numbers >= options.inner).repeat(options.repeats)


def draw_candidates(
    encoder: Encoder, image: Float[Tensor, "..."], *, options: Options, detector: Detector | None, generator: torch.Generator
) -> Candidates:
    """Draw the candidates of an image; with a detector, boundary points and references are drawn until it agrees with them."""
    inner = inner_points(
        image, count=options.inner - 1, radius=(1 - options.gap) * options.eps, norm=options.norm, generator=generator
    )
    parts = [image[None], inner]
    failure = ""
    wanted = ((options.boundary, options.eps), (options.references, options.far * options.eps))
    for count, radius in [(count, radius) for count, radius in wanted if count]:
        found = accepted(
            _proposal(encoder, image, radius=radius, options=options, generator=generator),
            lambda points: allowed(detector, points, inverted=options.inverted),
            count=count,
            rounds=options.rounds if detector else 1,
        )
        if len(found) < count:
            kind = "points that change the model's decision" if options.inverted else "points"
            failure = f"the detector agreed with {len(found)} of {count} {kind} at {radius:.4g} in {options.rounds} rounds"
            found = torch.cat([found, image.expand(count - len(found), *image.shape)])
        parts.append(found)
    return Candidates(torch.cat(parts), failure)


def accepted(
    draw: Draw, accept: Callable[[Float[Tensor, "point ..."]], Bool[Tensor, " point"]], *, count: int, rounds: int
) -> Float[Tensor, "point ..."]:
    """The first `count` points that are accepted, of at most `rounds` draws; fewer if those do not suffice."""
    points = draw(count)
    kept = points[accept(points)]
    for _ in range(rounds - 1):
        if len(kept) >= count:
            break
        points = draw(count)
        kept = torch.cat([kept, points[accept(points)]])
    return kept[:count]


def _proposal(
    encoder: Encoder, image: Float[Tensor, "..."], *, radius: float, options: Options, generator: torch.Generator
) -> Draw:
    """Random boundary points; for the inverted test adversarial images of the defended model itself, stretched to the radius."""
    if options.inverted:
        return lambda _count: _adversarial(encoder, image.expand(STARTS, *image.shape), radius=radius, options=options)
    kind = corner_points if options.corners else surface_points
    return lambda count: kind(image, count=count, radius=radius, norm=options.norm, generator=generator)


def _adversarial(
    encoder: Encoder, images: Float[Tensor, "point ..."], *, radius: float, options: Options
) -> Float[Tensor, "point ..."]:
    """What foolbox's projected gradient descent finds from random starts, where it changes the model's decision.

    Of a randomized model: the decision of most of its passes.
    """
    descent = foolbox.attacks.LinfPGD if options.norm == "linf" else foolbox.attacks.L2PGD
    decided = _decisions(encoder, images[:1], options=options).expand(len(images))
    wrapped = foolbox.PyTorchModel(encoder.model, bounds=(0, 1), device=images.device)
    _, found, _ = descent(steps=STEPS)(wrapped, images.contiguous(), decided, epsilons=radius)
    # Stretched points are others than those that descent had looked at, and may have lost what it found.
    points = at_radius(images, found - images, radius=radius, norm=options.norm)
    return points[_decisions(encoder, points, options=options) != decided]


@torch.no_grad()
def _decisions(encoder: Encoder, images: Float[Tensor, "point ..."], *, options: Options) -> Int[Tensor, " point"]:
    """The class that most passes give."""
    found: Tensor = torch.stack([encoder.model(images).argmax(1) for _ in range(options.repeats)]).mode(0).values
    return found
