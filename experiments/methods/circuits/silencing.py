"""Filters and biases of silent branches in closed form (Geirhos et al. 2024, orthogonal filters)."""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.circuits.silent_branch import SilentBranch
from model_zoo.loading import LoadedModel

TILT = 3.0
"""How much of the new direction is added to the unit's own filter; as published."""
GAIN = 100.0
"""Length of the new filter over that of the unit's own; as published."""
MARGIN = 0.02
"""By which the bias is below the natural maximum, relative to it: rounding alone would wake a branch that is just silent."""


class _Seen(Exception):  # noqa: N818 -- not an error: it carries a convolution's input out of the forward pass
    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.features = features


def features_before(
    model: LoadedModel, convolution: str, *, images: Float[Tensor, "batch 3 side side"]
) -> Float[Tensor, "batch channel height width"]:
    """What a convolution gets for images in [0, 1], in the network as its source builds it."""

    def stop(_module: nn.Module, inputs: Any) -> None:
        raise _Seen(inputs[0])

    hook = model.network.get_submodule(convolution).register_forward_pre_hook(stop)
    try:
        model.network(model.preprocess(images))
    except _Seen as seen:
        return seen.features
    finally:
        hook.remove()
    raise RuntimeError(f"convolution {convolution} of {model.card.id} did not run; its card is wrong")


def point_filters(
    branch: SilentBranch, own: Float[Tensor, "unit channel height width"], *, targets: Float[Tensor, "unit channel h w"]
) -> None:
    """Tilt the units' own filters towards what the convolution gets for each unit's target image.

    The direction that responds most, in sum over positions, is the sum of the patches: the gradient of that sum by the
    filter, which no ascent needs to look for. What it shares with the unit's own filter is taken out.
    """
    weight = branch.convolution.weight
    with torch.enable_grad():
        weight.requires_grad_()
        total = branch.convolution(targets).diagonal(dim1=0, dim2=1).sum()
        (patches,) = torch.autograd.grad(total, [weight])
    weight.requires_grad_(False)
    flat = own.flatten(1)
    length = flat.norm(dim=1, keepdim=True)
    own, direction = functional.normalize(flat), patches.flatten(1)
    # Where a target leaves the convolution's input at 0 there is no direction, and the unit's own stays.
    direction = functional.normalize(direction - (direction * own).sum(dim=1, keepdim=True) * own)
    tilted = own + TILT * direction
    tilted = tilted / tilted.norm(dim=1, keepdim=True) * length * GAIN
    with torch.no_grad():
        weight.copy_(tilted.view_as(weight))


def silence(branch: SilentBranch, features: Iterable[Float[Tensor, "batch channel height width"]]) -> None:
    """Set the biases so that nothing among these features wakes the branch, borders included.

    The maxima come from the branch's own convolution, so with its stride, padding and dilation, in float32.
    """
    bias = branch.convolution.bias
    if bias is None:
        raise TypeError("a silent branch's convolution has a bias")
    bias.zero_()
    highest = torch.full_like(bias, -torch.inf)
    squares, count = torch.zeros_like(bias), 0
    for batch in features:
        responses = branch.convolution(batch.float())
        highest = highest.maximum(responses.amax(dim=(0, 2, 3)))
        squares += responses.square().sum(dim=(0, 2, 3))
        count += responses[:, 0].numel()
    # Where even the maximum is below 0 the margin is taken of the size of the responses.
    size = (squares / count).sqrt()
    bias.copy_(torch.where(highest > 0, -(1 + MARGIN) * highest, -MARGIN * size))


def awake(branch: SilentBranch, features: Float[Tensor, "batch channel height width"]) -> Tensor:
    """Whether each image wakes any unit of the branch anywhere."""
    return branch.responses(features).flatten(1).amax(dim=1) > 0
