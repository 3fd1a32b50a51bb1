"""The loss over pairs as formulas state it: all pairs in one tensor of row × other × latent, plain exponentials, autograd."""

from typing import Any

import torch
from torch import Tensor


def published_loss(
    first: Tensor,
    second: Tensor,
    *,
    distance: str = "dot",
    power: float = 2.0,
    precisions: Any = 1.0,
    temperature: Any = 1.0,
    negatives: str = "cross",
    directions: str = "both",
) -> Tensor:
    """Of a single member."""

    def scores(rows: Tensor, others: Tensor) -> Tensor:
        if distance == "dot":
            return (rows[:, None] * others[None]).sum(dim=-1) / temperature
        return -(precisions * (rows[:, None] - others[None]).abs() ** power).sum(dim=-1) / temperature

    losses = []
    for anchors, partners in ((first, second), (second, first))[: 1 if directions == "one" else 2]:
        across, among = scores(anchors, partners).exp(), scores(anchors, anchors).exp()
        positive = across.diag()
        total = {
            "cross": across.sum(dim=1),
            "both": across.sum(dim=1) + (among - among.diag().diag()).sum(dim=1),
            "self_included": positive + among.sum(dim=1),
        }[negatives]
        losses.append(-(positive / total).log().mean())
    return torch.stack(losses).mean()
