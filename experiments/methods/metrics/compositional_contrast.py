"""Compositional contrast (Brady et al. 2023): how much outputs depend on several slots at once; 0 iff on one at most.

`contrast` of given Jacobians is differentiable and serves as a penalty in training; `compositional_contrast` measures a decoder.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import jacfwd, vmap

from experiments.contract.errors import InputError

EPSILON = 1e-24
"""Under the root of a norm, so that its gradient at 0 is finite."""


def contrast(
    jacobians: Float[Tensor, "*batch output slot dim"], *, form: Literal["plain", "weighted"] = "plain"
) -> Float[Tensor, "*batch"]:
    """The sum over outputs n of Σ_{k<j} |∂f_n/∂z_k| |∂f_n/∂z_j|, with Euclidean norms over a slot's dimensions.

    Plain, it grows with the square of the Jacobian, so that an encoder can lower it by spreading its latents; for D outputs and
    K slots of norm 1 it is D K (K - 1) / 2. Weighted, the norms of an output are divided by their mean over slots, and the output
    weighs as much as that mean, relative to the largest mean: the scale of the Jacobian drops out.
    """
    # Outputs last: sums over the few dimensions of a slot then run along long rows, which is several times faster.
    slopes = jacobians.movedim(-3, -1)
    norms = ((slopes * slopes).sum(dim=-2) + EPSILON).sqrt() - EPSILON**0.5
    # Equal to ((Σ n)² - Σ n²) / 2, but a sum of what is not negative: nothing cancels where one slot dominates.
    pairs: Tensor = (norms[..., 1:, :] * norms.cumsum(dim=-2)[..., :-1, :]).sum(dim=-2)
    if form == "plain":
        return pairs.sum(dim=-1)
    # An output that nothing moves has neither pairs nor mean, and adds 0 / tiny.
    means = norms.mean(dim=-2).clamp(min=torch.finfo(norms.dtype).tiny)
    weighted: Tensor = (pairs / means).sum(dim=-1) / means.amax(dim=-1)
    return weighted


@torch.no_grad()
def compositional_contrast(
    decoder: Callable[[Float[Tensor, "batch slot dim"]], Float[Tensor, "batch ..."]],
    latents: Float[Tensor, "batch slot dim"],
    *,
    form: Literal["plain", "weighted", "whitened"] = "plain",
    chunk: int = 16,
) -> Float[Tensor, " batch"]:
    """The contrast of a decoder at each of the latents, without a gradient; `chunk` samples at a time bound the memory.

    Whitened, it is the plain form for slots rescaled to the unit covariance that they have over `latents`, so that no
    linear map inside a slot changes it; the samples must be more than the dimensions of a slot. The decoder treats samples alone.
    """
    if latents.ndim != 3 or not latents.numel():
        message = f"latents have the shape {tuple(latents.shape)}"
        raise InputError(field="latents", message=message, remedy="Give samples, slots and dimensions")
    scales = _spreads(latents) if form == "whitened" else None

    def decoded(slots: Float[Tensor, "slot dim"]) -> Float[Tensor, " output"]:
        return decoder(slots[None])[0].flatten()

    jacobian = vmap(jacfwd(decoded))
    parts = []
    for start in range(0, len(latents), chunk):
        slopes = jacobian(latents[start : start + chunk])
        slopes = slopes if scales is None else torch.einsum("bokd,kde->boke", slopes, scales)
        parts.append(contrast(slopes, form="weighted" if form == "weighted" else "plain"))
    return torch.cat(parts)


def _spreads(latents: Float[Tensor, "batch slot dim"]) -> Float[Tensor, "slot dim dim"]:
    """Roots L of each slot's covariance LLᵀ: a slot is its mean plus L times something white."""
    if len(latents) <= latents.shape[2]:
        message = f"{len(latents)} samples have no full covariance of {latents.shape[2]} dimensions"
        raise InputError(field="latents", message=message, remedy="Give more samples, or another form")
    centered = (latents - latents.mean(dim=0)).transpose(0, 1)
    # By QR: a dimension that does not vary is no obstacle, as it would be to a Cholesky factor.
    roots: Tensor = torch.linalg.qr(centered, mode="r").R.mT / len(latents) ** 0.5
    return roots
