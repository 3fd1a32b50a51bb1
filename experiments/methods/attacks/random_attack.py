"""The control of an active test: random points, as many as an attack has queries, must not be adversarial (R-ASR)."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.attacks.binary_model import BinaryModel, Detector
from experiments.methods.attacks.judge import allowed, class_one, margins
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
    model: BinaryModel,
    image: Float[Tensor, "..."],
    *,
    options: Options,
    detector: Detector | None,
    generator: torch.Generator,
) -> Found:
    """Try `controls` points of each kind on the binary model of one image; inner ones reach to the surface."""
    rows = max(options.batch, 2**18 // image.numel())
    firsts: list[int] = []
    for kind in (surface_points, corner_points, inner_points):
        points = kind(image, count=options.controls, radius=options.eps, norm=options.norm, generator=generator)
        hits = torch.cat([class_one(margins(model, part, repeats=options.repeats)) for part in torch.split(points, rows)])
        hits &= torch.cat([allowed(detector, part, inverted=options.inverted) for part in torch.split(points, rows)])
        firsts.append(int(hits.to(torch.int8).argmax()) if bool(hits.any()) else NEVER)
    return Found(*firsts)
