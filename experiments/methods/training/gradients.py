"""Gradients of stacked networks, each clipped by its own norm, so that none feels what happens to another."""

from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require

EPSILON = 1e-6
"""As in `torch.nn.utils.clip_grad_norm_`."""


class Stacked(Protocol):
    """Parameters of one or several networks."""

    @property
    def parameters(self) -> Sequence[nn.Parameter]:
        """Whose first dimension counts the networks, where there are several."""

    @property
    def members(self) -> int:
        """How many networks; 1 where the first dimension counts something else."""


def clip_gradients(groups: Sequence[Stacked], *, largest: float) -> Float[Tensor, " member"]:
    """Scale the gradient of each network to the norm `largest` where it is longer; return the norms before.

    Raises:
        InputError: Groups differ in their number of networks, or a parameter has another first dimension.
    """
    members = groups[0].members
    gradients = [parameter.grad for group in groups for parameter in group.parameters if parameter.grad is not None]
    fits = all(group.members == members for group in groups) and all(members in (1, len(one)) for one in gradients if one.ndim)
    require(fits, "members", f"not every parameter has {members} of them", "Give every group as many as its parameters are long")
    rows = [gradient.reshape(members, -1) for gradient in gradients]
    norms: Tensor = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(row, dim=1) for row in rows]), dim=0)
    share = (largest / (norms + EPSILON)).clamp(max=1.0)
    for gradient, row in zip(gradients, rows, strict=True):
        gradient.copy_((row * share[:, None]).view_as(gradient))
    return norms
