"""Mixing: its exact inverse, the condition of its layers, seeds."""

from typing import Any

import numpy as np
import pytest
import torch

from experiments.contract.errors import InputError
from experiments.datasets.latents.mixing import InvertibleMixing

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("layers", "slope"), [(1, 0.2), (3, 0.2), (5, 0.5)])
def test_inverse_undoes_the_mixing(layers: int, slope: float) -> None:
    mixing = InvertibleMixing.draw(10, seed=3, layers=layers, slope=slope, pool=200)
    latents = torch.randn(4, 50, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    mixed = mixing(latents)

    assert not torch.allclose(mixed, latents, atol=0.5)
    torch.testing.assert_close(mixing.inverse(mixed), latents, rtol=0, atol=1e-9)
    torch.testing.assert_close(mixing.inverse(mixing(latents.float())), latents, rtol=0, atol=1e-4)


def test_layers_are_the_best_conditioned_of_the_pool() -> None:
    mixing = InvertibleMixing.draw(6, seed=1, layers=3, pool=500)

    conditions = np.linalg.cond(mixing.weights.numpy())
    np.testing.assert_allclose(mixing.condition_numbers, conditions)
    assert sorted(mixing.condition_numbers) == list(mixing.condition_numbers)
    np.testing.assert_allclose(np.linalg.norm(mixing.weights.numpy(), axis=1), 1)
    assert max(conditions) < min(InvertibleMixing.draw(6, seed=1, layers=1, pool=3).condition_numbers)


def test_mixing_is_a_linear_map_where_no_unit_is_negative() -> None:
    mixing = InvertibleMixing.draw(4, seed=0, layers=2, slope=0.2, pool=50)
    first, second = mixing.weights.numpy()
    latents = np.linalg.solve(first, np.ones(4))

    mixed = mixing(torch.from_numpy(np.stack([latents, -latents]))).numpy()

    np.testing.assert_allclose(mixed, np.stack([second @ np.ones(4), -0.2 * second @ np.ones(4)]), atol=1e-12)


def test_same_seed_draws_the_same_mixing() -> None:
    draws = [InvertibleMixing.draw(5, seed=seed, pool=20).weights for seed in (1, 1, 2)]

    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize(
    ("field", "unfit"),
    [
        ("pool", {"pool": 2}),
        ("pool", {"pool": 0}),
        ("layers", {"layers": 0}),
        ("slope", {"slope": 0.0}),
        ("slope", {"slope": -0.2}),
    ],
)
def test_mixing_that_cannot_be_is_refused(field: str, unfit: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        InvertibleMixing.draw(5, seed=0, **{"layers": 3, "pool": 20, **unfit})

    assert refused.value.field == field
