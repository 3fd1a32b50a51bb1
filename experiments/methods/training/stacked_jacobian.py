"""The Jacobians of stacked perceptrons in closed form, W₃ D₂ W₂ D₁ W₁, by batched matrix products. For papers on objects."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.methods.training.stacked import StackedPerceptrons


def stacked_jacobian(
    network: StackedPerceptrons, inputs: Float[Tensor, "member batch input"]
) -> tuple[Float[Tensor, "member batch output"], Float[Tensor, "member batch output input"]]:
    """The outputs of each network and their derivatives by its inputs, exact wherever no unit stands at its kink.

    Meant for networks that widen: the products start at the inputs. Both are differentiable; the Jacobian by the weights only,
    for it is constant in the inputs between kinks. InputError for a network with a map behind the last layer.
    """
    if network.space != "unbounded":
        message = f"the outputs lie in the space {network.space!r}"
        raise InputError(field="space", message=message, remedy="Take a network whose space is 'unbounded'")
    members, batch, width = inputs.shape
    maps = torch.baddbmm(network.biases[0], inputs, network.weights[0])
    # Rows are directions of the input: [member, batch, input, unit].
    slopes = network.weights[0][:, None].expand(members, batch, width, -1)
    for weight, bias in zip(list(network.weights)[1:], list(network.biases)[1:], strict=True):
        gains = torch.full_like(maps, network.slope).masked_fill_(maps > 0, 1)
        slopes = torch.bmm((slopes * gains[:, :, None]).flatten(1, 2), weight).view(members, batch, width, -1)
        maps = torch.baddbmm(bias, functional.leaky_relu(maps, network.slope), weight)
    return maps, slopes.mT
