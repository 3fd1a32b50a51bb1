"""The contrastive loss over pairs (InfoNCE) with the similarities and negatives of the papers. Called by their training."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from experiments.methods.contrastive.scales import rescaled
from experiments.methods.contrastive.score_tables import ScoreTable
from experiments.methods.contrastive.similarities import Distance, Similarity, similarity

Negatives = Literal["cross", "both", "self_included"]
Directions = Literal["one", "both"]
QUICK_CELLS = 1 << 16
"""Scores at once on a CPU, such that they stay in its cache."""


def pair_nce(
    first: Float[Tensor, "*member batch latent"],
    second: Float[Tensor, "*member batch latent"],
    *,
    distance: Distance = "dot",
    power: float = 2.0,
    precisions: Float[Tensor, "*member latent"] | None = None,
    temperature: float | Float[Tensor, "*member"] = 1.0,
    negatives: Negatives = "cross",
    directions: Directions = "both",
) -> Float[Tensor, "*member"]:
    """The mean over anchors of -log(e^s(positive) / (e^s(positive) + sum of e^s(negative))), in nats, for each member.

    Row i of both batches is a positive pair. The score s is a·b / temperature for the distance `dot`, and
    -sum_d precisions_d |a_d - b_d|^power / temperature for `lp` (Zimmermann et al. 2021; precisions: Rusak et al. 2024).

    Args:
        first: The anchors; leading dimensions are independent stacked members.
        second: Their positives.
        distance: What is compared.
        power: Of the differences.
        precisions: Above 0; 1 where they are left out. Gradients reach them.
        temperature: Above 0; gradients reach it.
        negatives: `cross`: the other rows of the second batch, so that constant rows have the loss ln B. `both`: the other rows
            of both batches, ln(2B - 1). `self_included`: all rows of the first batch, the anchor itself among them, as in
            the code published by Zimmermann et al. 2021, ln(B + 1).
        directions: `both` is the mean with anchors and positives in exchanged roles.

    Raises:
        InputError: A batch of one, unequal shapes, or a temperature, power or precision that is not above 0.
    """
    first, second = rescaled(first, second, distance=distance, power=power, precisions=precisions, temperature=temperature)
    quick = max(1, QUICK_CELLS // (first.numel() // first.shape[-1])) if first.device.type == "cpu" else first.shape[-2]
    way = Way(similarity=similarity(distance, power=power), negatives=negatives, directions=directions, tile=quick, keeps=True)
    return loss_of(first, second, way)


@dataclass(frozen=True, kw_only=True)
class Way:
    """Which loss is computed, and in which pieces."""

    similarity: Similarity
    negatives: Negatives
    directions: Directions
    tile: int
    """Rows of a table of scores at once."""
    keeps: bool
    """Whether a table of scores is kept between its two passes, which takes batch² numbers, or made again."""


def loss_of(
    first: Float[Tensor, "*member batch latent"], second: Float[Tensor, "*member batch latent"], way: Way
) -> Float[Tensor, "*member"]:
    """The loss of rows that are scaled already."""
    loss: Tensor = _PairLoss.apply(first, second, way)
    return loss


class _PairLoss(torch.autograd.Function):
    """The gradients are made with the loss, as both read the same tables; backward only scales them."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, way: Way) -> Tensor:
        loss, gradients = _evaluated(first, second, way, with_gradients=any(ctx.needs_input_grad))
        ctx.save_for_backward(*gradients)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        of_first, of_second = ctx.saved_tensors
        return upstream[..., None, None] * of_first, upstream[..., None, None] * of_second, None


def _evaluated(
    first: Tensor, second: Tensor, way: Way, *, with_gradients: bool
) -> tuple[Tensor, tuple[Tensor, Tensor] | tuple[()]]:
    positive = way.similarity.paired(first, second)
    sides = ((first, 0), (second, 1))[: 1 if way.directions == "one" else 2]

    def table(rows: Tensor, others: Tensor, diagonal: Tensor | None) -> ScoreTable:
        return ScoreTable(
            similarity=way.similarity,
            rows=rows,
            others=others,
            diagonal=diagonal,
            tile=way.tile,
            keeps=way.keeps and with_gradients,
        )

    across = None if way.negatives == "self_included" else table(first, second, positive)
    totals = [positive] * len(sides)
    if across is not None:
        totals = list(across.both_sums()) if len(sides) == 2 else [across.row_sums()]
    among = []
    if way.negatives != "cross":
        hidden = torch.full_like(positive, -torch.inf) if way.negatives == "both" else None
        among = [table(rows, rows, hidden) for rows, _side in sides]
        totals = [torch.logaddexp(total, one.row_sums()) for total, one in zip(totals, among, strict=True)]
    loss = torch.stack([total - positive for total in totals]).mean(dim=(0, -1))
    if not with_gradients:
        return loss, ()

    gradients = (torch.zeros_like(first), torch.zeros_like(second))
    if across is not None:
        across.add_gradients(totals[0], totals[1] if len(sides) == 2 else None, of_rows=gradients[0], of_others=gradients[1])
    for one, total, (_rows, side) in zip(among, totals, sides, strict=False):
        one.add_gradients(total, None, of_rows=gradients[side], of_others=gradients[side])
    missing = sum(torch.expm1(positive - total) for total in totals)
    pulled = way.similarity.pull(missing[..., None, None], first[..., None, :], second[..., None, :])
    count = len(sides) * first.shape[-2]
    return loss, tuple((one + own[..., 0, :]) / count for one, own in zip(gradients, pulled, strict=True))
