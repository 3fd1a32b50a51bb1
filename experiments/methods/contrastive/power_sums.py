"""Sums of powers of the differences of all pairs of rows, without a tensor of row × column × latent. Called by the scores."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def power_sums(
    first: Float[Tensor, "*member row latent"], second: Float[Tensor, "*member column latent"], *, power: float
) -> Float[Tensor, "*member row column"]:
    """The sum over latents of |a - b|^power; no root is taken, so that equal rows have the gradient 0."""
    sums: Tensor = _PowerSums.apply(first, second, power)
    return sums


class _PowerSums(torch.autograd.Function):
    """One latent after another, forward and backward: nothing larger than row × column is kept."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, power: float) -> Tensor:
        ctx.save_for_backward(first, second)
        ctx.power = power
        sums = first.new_zeros(*first.shape[:-1], second.shape[-2])
        for latent in range(first.shape[-1]):
            gaps = (first[..., :, None, latent] - second[..., None, :, latent]).abs_()
            sums += gaps if power == 1 else gaps.pow_(power)
        return sums

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        first, second = ctx.saved_tensors
        of_first, of_second = torch.empty_like(first), torch.empty_like(second)
        for latent in range(first.shape[-1]):
            gaps = first[..., :, None, latent] - second[..., None, :, latent]
            slopes = gaps.sign() if ctx.power == 1 else gaps.sign() * gaps.abs().pow_(ctx.power - 1) * ctx.power
            slopes *= upstream
            of_first[..., latent] = slopes.sum(dim=-1)
            of_second[..., latent] = -slopes.sum(dim=-2)
        return of_first, of_second, None
