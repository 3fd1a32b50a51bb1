"""Jacobians of stacked perceptrons in closed form against forward-mode differentiation, in float64."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, jacfwd, vmap

from experiments.contract.errors import InputError
from experiments.methods.metrics.compositional_contrast import contrast
from experiments.methods.training.stacked import StackedPerceptrons
from experiments.methods.training.stacked_jacobian import stacked_jacobian

pytestmark = pytest.mark.unit

SLOTS, DIM = 2, 2


def stacked(widths: Sequence[int]) -> StackedPerceptrons:
    return StackedPerceptrons(seeds=[3, 4, 5], widths=widths, slope=0.2, space="unbounded").double()


def drawn(width: int) -> Tensor:
    return torch.randn(3, 7, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("widths", [(4, 10), (4, 8, 10), (4, 8, 9, 10), (4, 8, 8, 8, 3)])
def test_jacobian_is_that_of_each_network(widths: tuple[int, ...]):
    network, inputs = stacked(widths), drawn(4)

    outputs, jacobians = stacked_jacobian(network, inputs)

    wanted = torch.stack([vmap(jacfwd(network.member(number).double()))(points) for number, points in enumerate(inputs)])
    assert torch.allclose(outputs, network(inputs), rtol=0, atol=1e-14)
    assert jacobians.shape == (3, 7, widths[-1], 4)
    assert torch.allclose(jacobians, wanted, rtol=0, atol=1e-14)


def test_gradient_of_a_penalty_reaches_the_weights_as_through_the_network():
    network, inputs = stacked((SLOTS * DIM, 8, 9, 10)), drawn(SLOTS * DIM)

    outputs, jacobians = stacked_jacobian(network, inputs)
    (outputs.square().mean() + contrast(jacobians.unflatten(-1, (SLOTS, DIM))).mean()).backward()

    for number, points in enumerate(inputs):
        member = network.member(number).double()
        slopes = vmap(jacfwd(lambda point, member=member: functional_call(member, dict(member.named_parameters()), point)))(
            points
        )
        loss = member(points).square().mean() + contrast(slopes.unflatten(-1, (SLOTS, DIM))).mean()
        loss.div(len(inputs)).backward()
        linears = [layer for layer in member.layers if hasattr(layer, "weight")]
        for weight, bias, layer in zip(network.weights, network.biases, linears, strict=True):
            assert torch.allclose(weight.grad[number], layer.weight.grad.T, rtol=1e-9, atol=1e-12)
            assert torch.allclose(bias.grad[number, 0], layer.bias.grad, rtol=1e-9, atol=1e-12)


def test_network_with_a_map_behind_it_is_refused():
    network = StackedPerceptrons(seeds=[0], widths=[2, 3], slope=0.2, space="box")

    with pytest.raises(InputError) as raised:
        stacked_jacobian(network, torch.zeros(1, 1, 2))

    assert raised.value.field == "space"
