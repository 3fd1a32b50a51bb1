import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from experiments.contract.errors import InputError
from experiments.methods.slots.objectives import Objective, mixture_cost, sharing
from model_zoo.sources.slot_decoder import Decomposed

pytestmark = pytest.mark.unit


def _decomposed(*, seed: int, slots: int = 3) -> tuple[Decomposed, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randn(2, slots, 4, 4, generator=generator).softmax(dim=1)
    colors = torch.randn(2, slots, 3, 4, 4, generator=generator)
    images = torch.randn(2, 3, 4, 4, generator=generator)
    return Decomposed(slots=torch.zeros(2, slots, 1), masks=masks, colors=colors, cost=torch.zeros(2)), images


def test_mean_is_one_and_a_half_times_the_squared_error() -> None:
    decomposed, images = _decomposed(seed=0)

    loss = Objective()(decomposed, images)

    assert loss == pytest.approx(1.5 * torch.nn.functional.mse_loss(decomposed.reconstruction, images).item())


def test_mixture_is_that_of_torch_distributions() -> None:
    decomposed, images = _decomposed(seed=1)
    per_pixel = MixtureSameFamily(
        Categorical(probs=decomposed.masks.permute(0, 2, 3, 1)),
        Independent(Normal(decomposed.colors.permute(0, 3, 4, 1, 2), 0.3), 1),
    )
    constant = 3 * math.log(0.3 * math.sqrt(2 * math.pi))

    expected = -per_pixel.log_prob(images.permute(0, 2, 3, 1)).mean() - constant

    assert mixture_cost(decomposed, images, deviation=0.3) == pytest.approx(expected.item(), rel=1e-5)


def test_own_cost_of_a_network_is_spread_over_the_pixels() -> None:
    decomposed, images = _decomposed(seed=2)
    priced = Decomposed(slots=decomposed.slots, masks=decomposed.masks, colors=decomposed.colors, cost=torch.tensor([16.0, 48.0]))
    objective = Objective(likelihood="mixture", deviation=0.5)

    assert objective(priced, images) - objective(decomposed, images) == pytest.approx(0.25 * 32 / 16, rel=1e-4)


def test_sharing_is_one_for_equal_slots_and_zero_for_a_single_one() -> None:
    equal, single = torch.full((1, 4, 2, 2), 0.25), torch.zeros(1, 4, 2, 2)
    single[:, 2] = 1

    assert sharing(equal) == pytest.approx(1)
    assert sharing(single) == pytest.approx(0)


def test_price_makes_even_slots_dearer() -> None:
    decomposed, images = _decomposed(seed=3)

    dearer = Objective(price=0.5)(decomposed, images) - Objective()(decomposed, images)

    assert dearer.item() == pytest.approx(0.5 * sharing(decomposed.masks).item(), rel=1e-4)


def test_price_is_due_only_where_it_is_asked_for() -> None:
    decomposed, images = _decomposed(seed=4)

    assert Objective(price=0.5).without_price(decomposed, images) == Objective()(decomposed, images)


def test_deviation_of_zero_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        Objective(deviation=0.0)

    assert caught.value.field == "deviation"
