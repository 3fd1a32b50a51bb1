"""The loss over pairs: against the formula in float64, its fixed points, gradients, bad input."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from experiments.contract.errors import InputError
from experiments.methods.contrastive.pair_gradients import Negatives
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.contrastive.tiled import tiled_pair_nce
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


@pytest.mark.parametrize("tile", [1, 4, 9, 50])
def test_tiles_of_any_size_give_the_same_loss_and_gradients(tile: int) -> None:
    first, second = pairs(9, 4)
    for way in WAYS:
        whole, tiled = pair_nce(first, second, **way), tiled_pair_nce(first, second, **way, tile=tile)

        torch.testing.assert_close(tiled, whole, rtol=1e-12, atol=1e-12)
        gradients = [torch.autograd.grad(loss, (first, second)) for loss in (tiled, whole)]
        torch.testing.assert_close(*gradients, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way["directions"] == "both"], ids=lambda way: "-".join(map(str, way.values()))
)
def test_single_precision_agrees_with_double_far_from_the_origin(way: dict[str, Any]) -> None:
    shift = 0.0 if way["distance"] == "dot" else 100.0
    first, second = (batch.detach() + shift for batch in pairs(200, 10))
    found, expected = [], []
    for results, dtype in ((found, torch.float32), (expected, torch.float64)):
        batches = [batch.float().to(dtype).requires_grad_() for batch in (first, second)]
        loss = tiled_pair_nce(*batches, **way, tile=64)
        results += [loss.detach().double(), *(one.double() for one in torch.autograd.grad(loss, batches))]

    torch.testing.assert_close(found[0], expected[0], rtol=2e-6, atol=2e-6)
    for one, other in zip(found[1:], expected[1:], strict=True):
        assert (one - other).norm() < 2e-5 * other.norm()


def test_members_are_independent() -> None:
    first, second = pairs(3, 8, 4)
    precisions = torch.tensor([[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 2.0], [0.1, 0.2, 0.3, 5.0]], dtype=torch.float64)
    temperature = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)

    stacked = pair_nce(first, second, distance="lp", power=1, precisions=precisions, temperature=temperature, negatives="both")

    alone = [
        published_loss(a, b, distance="lp", power=1, precisions=weights, temperature=warmth, negatives="both")
        for a, b, weights, warmth in zip(first, second, precisions, temperature, strict=True)
    ]
    torch.testing.assert_close(stacked, torch.stack(alone), rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad(losses.sum(), first)[0] for losses in (stacked, torch.stack(alone))]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("negatives", "alike"), [("cross", 1000), ("both", 1999), ("self_included", 1001)])
@pytest.mark.parametrize("similarity", [*SIMILARITIES, {"distance": "lp", "power": 0.5}], ids=str)
def test_equal_rows_have_the_logarithm_of_their_number_and_no_gradient(
    similarity: dict[str, Any], negatives: Negatives, alike: int
) -> None:
    rows = torch.full((1000, 3), 0.3, requires_grad=True)

    loss = pair_nce(rows, rows.detach(), **similarity, negatives=negatives)

    assert loss.item() == pytest.approx(math.log(alike), abs=1e-5)
    if similarity["distance"] == "lp":
        torch.testing.assert_close(torch.autograd.grad(loss, rows)[0], torch.zeros(1000, 3), atol=1e-7, rtol=0)


def test_equal_precisions_on_the_sphere_are_a_temperature() -> None:
    # |a - b|² = 2 - 2 a·b there, so that precisions c are the temperature 1 / (2c).
    first, second = (functional.normalize(batch, dim=-1) for batch in pairs(20, 5))
    precisions = torch.full((5,), 3.0, dtype=torch.float64)

    for negatives in NEGATIVES:
        anisotropic = pair_nce(first, second, distance="lp", precisions=precisions, negatives=negatives)
        dot = pair_nce(first, second, temperature=1 / 6, negatives=negatives)

        torch.testing.assert_close(anisotropic, dot, rtol=1e-12, atol=1e-12)


def test_hot_and_cold_scores_stay_numbers() -> None:
    first, second = pairs(16, 4, dtype=torch.float32)

    for temperature in (1e-6, 1e6):
        for way in WAYS:
            loss = pair_nce(first, second, **way, temperature=temperature)
            gradients = torch.autograd.grad(loss, (first, second))

            assert loss.isfinite()
            assert all(gradient.isfinite().all() for gradient in gradients)


def test_memory_grows_with_tile_times_batch_and_not_with_the_square_of_the_batch() -> None:
    batch, tile, latents = 256, 16, 4
    first, second = pairs(batch, latents, dtype=torch.float32)

    for distance, power in (("dot", 2), ("lp", 2), ("lp", 3)):
        with LargestTensor() as seen:
            tiled_pair_nce(first, second, tile=tile, distance=distance, power=power, negatives="both").backward()

        assert seen.largest == tile * batch


class LargestTensor(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that any operation returns."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = operation(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, Tensor):
                self.largest = max(self.largest, tensor.untyped_storage().nbytes() // tensor.element_size())
        return result


@pytest.mark.parametrize(
    ("field", "shapes", "extra"),
    [
        ("batch", ((1, 3), (1, 3)), {}),
        ("batch", ((4, 3), (5, 3)), {}),
        ("temperature", ((4, 3), (4, 3)), {"temperature": 0.0}),
        ("temperature", ((4, 3), (4, 3)), {"temperature": torch.tensor(-1.0)}),
        ("temperature", ((4, 3), (4, 3)), {"temperature": float("nan")}),
        ("power", ((4, 3), (4, 3)), {"distance": "lp", "power": 0.0}),
        ("precisions", ((4, 3), (4, 3)), {"precisions": torch.ones(3)}),
        ("precisions", ((4, 3), (4, 3)), {"distance": "lp", "precisions": torch.tensor([1.0, 0.0, 1.0])}),
        ("distance", ((4, 3), (4, 3)), {"distance": "cosine"}),
        ("negatives", ((4, 3), (4, 3)), {"negatives": "none"}),
        ("directions", ((4, 3), (4, 3)), {"directions": "two"}),
        ("precisions", ((4, 3), (4, 3)), {"distance": "lp", "precisions": torch.ones(1)}),
        ("precisions", ((4, 3), (4, 3)), {"distance": "lp", "precisions": torch.ones(4, 3)}),
        ("precisions", ((2, 4, 3), (2, 4, 3)), {"distance": "lp", "precisions": torch.ones(2)}),
        ("temperature", ((4, 3), (4, 3)), {"temperature": torch.ones(4)}),
    ],
)
def test_bad_input_is_refused(field: str, shapes: tuple[tuple[int, ...], ...], extra: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        pair_nce(*(torch.ones(shape) for shape in shapes), **extra)

    assert refused.value.field == field


def test_tile_of_nothing_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        tiled_pair_nce(torch.ones(4, 3), torch.ones(4, 3), tile=0)

    assert refused.value.field == "tile"
