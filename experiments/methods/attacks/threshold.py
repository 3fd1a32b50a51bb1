"""From a read-out that separates to the two logits of a binary model: its threshold is made hard, its range like the model's."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.attacks.options import Options


class Hardened(NamedTuple):
    """Read-out of class 1, whose negative is that of class 0, and what it promises."""

    weight: Float[Tensor, " feature"]
    bias: Float[Tensor, ""]
    best: int
    """Number of the best boundary point, among boundary points."""
    threshold: float
    """Its place on a scale where the best boundary point has 1."""
    holds: bool
    """Whether inner points are class 0 in all passes, and the best boundary point is class 1 in all."""


def harden(
    weight: Float[Tensor, " feature"],
    bias: Float[Tensor, ""],
    scores: Float[Tensor, "repeat point"],
    logits: Float[Tensor, "row class"],
    *,
    options: Options,
) -> Hardened:
    """Move the threshold close to the best boundary point and scale the logits (Algorithm 1; sources differ from it as said).

    The threshold lies at `closeness` of the way from 0 to the score of the most confident boundary point, so that with several
    of them the others may fall back to class 0, or to that of a reference if one is less confident: references stay in class 1.
    A point of a randomized model is as confident as its worst pass.
    """
    inner, outer = scores[:, : options.inner], scores[:, options.inner :].amin(0)
    best = int(outer[: options.boundary].argmax())
    top = outer[best]
    shift = options.closeness * torch.cat([top[None], outer[options.boundary :]]).min()
    hard = scores - shift
    spread = 2 * hard.abs().max()
    wanted = {"adaptive": (logits.max() - logits.min()).double(), "fixed": torch.ones_like(spread), "none": spread}
    scale = wanted[options.rescale] / spread
    holds = bool(inner.max() < shift) and bool(top > shift) and bool(scale > 0)
    return Hardened(scale * weight, scale * (bias - shift), best, float(shift / top), holds)
