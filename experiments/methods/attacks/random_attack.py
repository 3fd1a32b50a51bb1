"""The control of an active test: random points, as many as an attack has queries, must not be adversarial (R-ASR)."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.attacks.binary_model import Detector
from experiments.methods.attacks.encoder import Encoder
from experiments.methods.attacks.judge import allowed, class_one
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.points import corner_points, inner_points, surface_points

NEVER = 10**9


class Found(NamedTuple):
    """Number of the first random point of each kind that is adversarial, from 0; NEVER where none is."""

    surface: int
    corner: int
    inner: int


NOTHING = Found(NEVER, NEVER, NEVER)


def random_attack(
    encoder: Encoder,
    weight: Float[Tensor, " feature"],
    bias: Float[Tensor, ""],
    image: Float[Tensor, "..."],
    *,
    options: Options,
    detector: Detector | None,
    generator: torch.Generator,
) -> Found:
    """Try `controls` points of each kind on the read-out of an image; inner ones reach to the surface."""
    points = torch.cat(
        [
            kind(image, count=options.controls, radius=options.eps, norm=options.norm, generator=generator)
            for kind in (surface_points, corner_points, inner_points)
        ]
    )
    passes = [encoder.in_parts(points, batch=options.batch).features.double() @ weight + bias for _ in range(options.repeats)]
    hits = class_one(torch.stack(passes))
    hits &= torch.cat([allowed(detector, part, inverted=options.inverted) for part in torch.split(points, options.controls)])
    return Found(*(int(kind.to(torch.int8).argmax()) if bool(kind.any()) else NEVER for kind in hits.view(3, -1)))
