"""The loss over pairs: against the formula in float64, its fixed points, gradients, bad input."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.contrastive.pair_loss import pair_nce
from tests.experiments.methods.contrastive.published import published_loss

pytestmark = pytest.mark.unit

SIMILARITIES: list[dict[str, Any]] = [{"distance": "dot"}, *({"distance": "lp", "power": power} for power in (1, 2, 3, 1.5))]
NEGATIVES = ("cross", "both", "self_included")
DIRECTIONS = ("one", "both")
WAYS = [
    {**similarity, "negatives": negatives, "directions": directions}
    for similarity, negatives, directions in itertools.product(SIMILARITIES, NEGATIVES, DIRECTIONS)
]


def pairs(*shape: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    first = torch.randn(*shape, generator=generator, dtype=torch.float64)
    second = first + 0.3 * torch.randn(*shape, generator=generator, dtype=torch.float64)
    return first.to(dtype).requires_grad_(), second.to(dtype).requires_grad_()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
def test_loss_and_gradients_are_those_of_the_formula(way: dict[str, Any]) -> None:
    first, second = pairs(9, 4)
    extra = {"temperature": torch.tensor(0.7, dtype=torch.float64, requires_grad=True)}
    if way["distance"] == "lp":
        extra["precisions"] = torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    inputs = [first, second, *extra.values()]

    loss, expected = pair_nce(first, second, **way, **extra), published_loss(first, second, **way, **extra)

    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-12)
    wanted = torch.autograd.grad(expected, inputs)
    torch.testing.assert_close(torch.autograd.grad(loss, inputs), wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("similarity", SIMILARITIES, ids=str)
def test_gradients_are_numerical_ones(similarity: dict[str, Any]) -> None:
    first, second = pairs(2, 5, 3)

    assert torch.autograd.gradcheck(lambda *batches: pair_nce(*batches, **similarity, negatives="both"), (first, second))
