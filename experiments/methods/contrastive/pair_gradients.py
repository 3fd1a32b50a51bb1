"""The loss over pairs and its gradients in closed form, from tables of scores made tile by tile. Called by the pair losses.

With p the softmax of an anchor's scores over all that stands in its denominator, the gradient of its loss by a score is p, and
p - 1 for the positive. A tile holds some anchors with their whole denominators, so that one pass gives loss and gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from experiments.contract.fields import require
from experiments.methods.contrastive.similarities import Similarity

Negatives = Literal["cross", "both", "self_included"]
Directions = Literal["one", "both"]
FIRST, SECOND = 0, 1


@dataclass(frozen=True, kw_only=True)
class Way:
    """Which loss is computed, and in which pieces."""

    similarity: Similarity
    negatives: Negatives
    directions: Directions
    tile: int
    """Anchors at once."""

    def __post_init__(self) -> None:
        for name, known in (("negatives", get_args(Negatives)), ("directions", get_args(Directions))):
            given = getattr(self, name)
            require(given in known, name, f"{given!r} is unknown", f"Choose one of {', '.join(known)}")

    def sides(self) -> Sequence[int]:
        """Whose rows are anchors."""
        return (FIRST,) if self.directions == "one" else (FIRST, SECOND)

    def compared(self, side: int) -> Sequence[int]:
        """Whose rows stand in the denominator of an anchor; with `self_included` the positive stands there too, on its own."""
        return {"cross": (1 - side,), "both": (1 - side, side), "self_included": (side,)}[self.negatives]


def loss_of(
    first: Float[Tensor, "*member batch latent"], second: Float[Tensor, "*member batch latent"], way: Way
) -> Float[Tensor, "*member"]:
    """The loss of rows in units in which precisions and temperature are 1."""
    loss: Tensor = _PairLoss.apply(first, second, way)
    return loss


class _PairLoss(torch.autograd.Function):
    """The gradients are made with the loss, as both read the same tables; backward only scales them."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, way: Way) -> Tensor:
        evaluation = _Evaluation(first, second, way=way)
        loss = evaluation.loss(with_gradients=any(ctx.needs_input_grad))
        ctx.save_for_backward(*evaluation.gradients)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        of_first, of_second = ctx.saved_tensors
        return upstream[..., None, None] * of_first, upstream[..., None, None] * of_second, None


class _Evaluation:
    """Of one loss; `gradients` are sums over anchors until the end."""

    def __init__(self, first: Tensor, second: Tensor, *, way: Way) -> None:
        self.way, self.batches = way, (first, second)
        self.positive = way.similarity.paired(first, second)
        self.totals = [torch.empty_like(self.positive) for _side in way.sides()]
        self.gradients = [torch.zeros_like(batch) for batch in self.batches]

    def loss(self, *, with_gradients: bool) -> Float[Tensor, "*member"]:
        """The mean over anchors."""
        count = self.positive.shape[-1]
        for side in self.way.sides():
            for start in range(0, count, self.way.tile):
                part = slice(start, start + self.way.tile)
                weights = self._weights(side, part)
                if with_gradients:
                    self._add_gradients(side, part, weights)
        if with_gradients:
            self._add_positives()
            for gradient in self.gradients:
                gradient /= len(self.totals) * count
        return torch.stack([total - self.positive for total in self.totals]).mean(dim=(0, -1))

    def _weights(self, side: int, part: slice) -> dict[int, Float[Tensor, "*member tile batch"]]:
        """The softmax of some anchors over each batch that they are compared with; their totals are noted on the way."""
        weights, sums = {}, {}
        for other in self.way.compared(side):
            weights[other], sums[other] = softmax(self._table(side, other, part))
        joined = [self.positive[..., part]] if self.way.negatives == "self_included" else []
        total = torch.stack([*joined, *sums.values()]).logsumexp(dim=0)
        self.totals[side][..., part] = total
        if len(sums) + len(joined) > 1:
            for other, of_table in sums.items():
                weights[other] *= (of_table - total).exp()[..., None]
        return weights

    def _table(self, side: int, other: int, part: slice) -> Float[Tensor, "*member tile batch"]:
        scores = self.way.similarity.table(self.batches[side][..., part, :], self.batches[other])
        if side != other:
            # Exact where a matrix product would leave the difference of large numbers.
            own(scores, part).copy_(self.positive[..., part])
        elif self.way.negatives == "both":
            own(scores, part).fill_(-torch.inf)
        return scores

    def _add_gradients(self, side: int, part: slice, weights: dict[int, Tensor]) -> None:
        """Those through all scores but the positive ones."""
        for other, table in weights.items():
            if side != other:
                own(table, part).zero_()
            of_anchors, of_others = self.way.similarity.pull(table, self.batches[side][..., part, :], self.batches[other])
            self.gradients[side][..., part, :] += of_anchors
            self.gradients[other] += of_others

    def _add_positives(self) -> None:
        missing = torch.stack([torch.expm1(self.positive - total) for total in self.totals]).sum(dim=0)
        pairs = [batch[..., None, :] for batch in self.batches]
        for gradient, pulled in zip(self.gradients, self.way.similarity.pull(missing[..., None, None], *pairs), strict=True):
            gradient += pulled[..., 0, :]


def softmax(
    scores: Float[Tensor, "*member row other"],
) -> tuple[Float[Tensor, "*member row other"], Float[Tensor, "*member row"]]:
    """The softmax of each row and the logarithm of its sum of exponentials.

    The sum is read at the highest score, whose share is never below 1 / other: half the time of two passes of exponentials.
    """
    shares = scores.softmax(dim=-1)
    return shares, scores.amax(dim=-1) - shares.amax(dim=-1).log()


def own(table: Float[Tensor, "*member tile batch"], part: slice) -> Float[Tensor, "*member tile"]:
    """The view of the entries of rows with themselves."""
    return table[..., part].diagonal(dim1=-2, dim2=-1)
