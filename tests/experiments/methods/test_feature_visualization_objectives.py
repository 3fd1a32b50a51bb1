"""Objectives against autograd written by hand on a layer's output."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.methods.feature_visualization.objectives import Channel, Direction, Diversity, Objective, Units
from model_zoo.address import UnitAddress
from tests.experiments.methods.visualizations import seeded

pytestmark = pytest.mark.unit
CHANNEL = Channel(layer="a", channel=3)


@pytest.fixture
def output() -> Tensor:
    return torch.randn(4, 6, 5, 3, generator=seeded()).requires_grad_()


def gradient(objective: Objective, output: Tensor) -> Tensor:
    return torch.autograd.grad(objective.values({"a": output}).sum(), output)[0]


def test_channel_spreads_its_gradient_over_its_map(output: Tensor):
    expected = torch.zeros_like(output)
    expected[:, 3] = 1 / 15

    assert torch.allclose(gradient(CHANNEL, output), expected)


def test_neuron_has_its_gradient_at_its_position(output: Tensor):
    expected = torch.zeros_like(output)
    expected[:, 3, 4, 1] = 1

    neuron = Channel(layer="a", channel=3, aggregation="position", row=4, column="c")

    assert torch.equal(gradient(neuron, output), expected)


def test_direction_is_the_inner_product_with_a_unit_vector(output: Tensor):
    expected = torch.zeros_like(output)
    expected[:, 1], expected[:, 4] = 0.6 / 15, 0.8 / 15

    assert torch.allclose(gradient(Direction(layer="a", vector=[0, 3, 0, 0, 4, 0]), output), expected)


@pytest.mark.parametrize("vector", [[1.0], [0.0] * 6])
def test_direction_needs_a_number_for_each_channel(vector: list[float], output: Tensor):
    with pytest.raises(InputError, match="6 numbers"):
        Direction(layer="a", vector=vector).values({"a": output})


def test_units_give_each_image_its_own(output: Tensor):
    units = Units(addresses=[UnitAddress("m", "a", channel) for channel in (0, 5, 5, 2)])

    values = units.values({"a": output})

    assert torch.allclose(values, torch.stack([output[i, c].mean() for i, c in enumerate((0, 5, 5, 2))]))


def test_units_of_several_layers_go_together(output: Tensor):
    units = Units(addresses=[UnitAddress("m", "a", 0), UnitAddress("m", "b", 1), UnitAddress("m", "a", 2)])
    other = torch.randn(3, 2, 2, 2, generator=seeded(2))

    values = units.values({"a": output, "b": other})

    assert units.layers == {"a", "b"}
    assert torch.allclose(values, torch.stack([output[0, 0].mean(), other[1, 1].mean(), output[2, 2].mean()]))


def test_sums_weights_and_signs_are_linear(output: Tensor):
    other = Channel(layer="a", channel=1)

    combined = gradient(2 * CHANNEL - other * 3 + -(CHANNEL + other), output)

    assert torch.allclose(combined, gradient(CHANNEL, output) - 4 * gradient(other, output), atol=1e-6)


def test_diversity_averages_to_the_double_sum_of_lucid(output: Tensor):
    grams = [functional.normalize((image.flatten(1) @ image.flatten(1).T).flatten(), dim=0) for image in output]
    expected: Tensor = -sum((a @ b) for i, a in enumerate(grams) for j, b in enumerate(grams) if i != j) / 4

    diversity = Diversity(layer="a").values({"a": output}).mean()

    assert diversity.item() == pytest.approx(float(expected.detach()), rel=1e-5)
    assert torch.allclose(gradient(Diversity(layer="a"), output) / 4, torch.autograd.grad(expected, output)[0], atol=1e-6)


def test_diversity_of_tokens_is_that_of_maps_without_the_class_token():
    tokens = torch.randn(4, 7, 5, generator=seeded()).requires_grad_()
    maps = tokens.detach()[:, 1:].transpose(1, 2).unflatten(2, (2, 3))

    values = Diversity(layer="a").values({"a": tokens})

    assert torch.allclose(values, Diversity(layer="a").values({"a": maps}))
    assert not gradient(Diversity(layer="a"), tokens)[:, 0].any()


def test_diversity_needs_maps():
    with pytest.raises(InputError, match="diversity"):
        Diversity(layer="a").values({"a": torch.zeros(2, 5)})
