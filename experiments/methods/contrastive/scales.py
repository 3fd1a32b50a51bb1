"""Rows in units in which precisions and temperature are 1, and the checks of what a pair loss was given."""

from typing import Never

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.contrastive.similarities import Distance

FEWEST_ROWS = 2


def rescaled(
    first: Float[Tensor, "*member batch latent"],
    second: Float[Tensor, "*member batch latent"],
    *,
    distance: Distance,
    power: float,
    precisions: Float[Tensor, "*member latent"] | None,
    temperature: float | Float[Tensor, "*member"],
) -> tuple[Float[Tensor, "*member batch latent"], Float[Tensor, "*member batch latent"]]:
    """Both batches such that their plain similarity is that with precisions and temperature; gradients reach these too.

    Raises:
        InputError: Of `batch`, `distance`, `power`, `precisions` or `temperature`.
    """
    _check(first, second, distance=distance, power=power, precisions=precisions)
    warmth = torch.as_tensor(temperature, dtype=first.dtype, device=first.device)
    if not (warmth > 0).all():
        _refuse("temperature", f"{temperature} is not above 0", "Give a number above 0")
    if warmth.shape not in ((), first.shape[:-2]):
        _refuse(
            "temperature", f"{tuple(warmth.shape)} is no shape of the members", f"Give one number, or {tuple(first.shape[:-2])}"
        )
    cold = 1 / warmth[..., None, None]
    if distance == "dot":
        return first * cold.sqrt(), second * cold.sqrt()
    weights = cold if precisions is None else cold * precisions[..., None, :]
    scale = weights if power == 1 else weights ** (1 / power)
    # Distances do not change by a shift; without it |a|² + |b|² - 2ab loses digits where the rows lie far from 0.
    center = torch.cat([first, second], dim=-2).detach().mean(dim=-2, keepdim=True)
    return (first - center) * scale, (second - center) * scale


def _check(first: Tensor, second: Tensor, *, distance: str, power: float, precisions: Tensor | None) -> None:
    if first.shape != second.shape:
        _refuse("batch", f"{tuple(first.shape)} and {tuple(second.shape)} are no pairs", "Give two batches of one shape")
    if first.shape[-2] < FEWEST_ROWS:
        _refuse("batch", f"{first.shape[-2]} pairs have no negatives", "Give at least two pairs")
    if distance not in ("dot", "lp"):
        _refuse("distance", f"{distance!r} is unknown", "Give dot or lp")
    if distance == "lp" and power <= 0:
        _refuse("power", f"{power} is not above 0", "Give a number above 0")
    if precisions is not None and (distance == "dot" or not (precisions > 0).all()):
        _refuse(
            "precisions", "a dot product has none, and none may be 0 or less", "Leave them out, or take lp and numbers above 0"
        )
    shapes = (first.shape[-1:], (*first.shape[:-2], first.shape[-1]))
    if precisions is not None and precisions.shape not in shapes:
        _refuse("precisions", f"{tuple(precisions.shape)} are not one for each latent", f"Give the shape {tuple(shapes[-1])}")


def _refuse(field: str, message: str, remedy: str) -> Never:
    raise InputError(field=field, message=message, remedy=remedy)
