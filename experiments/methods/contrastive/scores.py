"""How alike the rows of two batches are, for all pairs of rows. Called by the pair losses."""

from typing import Literal, Never

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.contrastive.power_sums import power_sums

Distance = Literal["dot", "lp"]
FEWEST_ROWS = 2


def comparable(
    first: Float[Tensor, "*member batch latent"],
    second: Float[Tensor, "*member batch latent"],
    *,
    distance: Distance,
    power: float,
    precisions: Float[Tensor, "*member latent"] | None,
    temperature: float | Float[Tensor, "*member"],
) -> tuple[Float[Tensor, "*member batch latent"], Float[Tensor, "*member batch latent"]]:
    """Both batches in units in which precisions and temperature are 1, so that `scores` knows neither.

    Raises:
        InputError: Of `batch`, `temperature`, `power`, `precisions` or `distance`.
    """
    _check(first, second, distance=distance, power=power, precisions=precisions, temperature=temperature)
    cold = 1 / torch.as_tensor(temperature, dtype=first.dtype, device=first.device)[..., None, None]
    if distance == "dot":
        return first * cold.sqrt(), second * cold.sqrt()
    weights = cold if precisions is None else cold * precisions[..., None, :]
    scale = weights if power == 1 else weights ** (1 / power)
    # Distances do not change by a shift; without it |a|² + |b|² - 2ab loses digits where the rows lie far from 0.
    center = torch.cat([first, second], dim=-2).detach().mean(dim=-2, keepdim=True)
    return (first - center) * scale, (second - center) * scale


def scores(
    first: Float[Tensor, "*member row latent"],
    second: Float[Tensor, "*member column latent"],
    *,
    distance: Distance,
    power: float,
) -> Float[Tensor, "*member row column"]:
    """a·b, or minus the sum over latents of |a - b|^power, for every row a of the first batch and b of the second."""
    if distance == "dot":
        return first @ second.mT
    if power == 2:
        squares = first.square().sum(dim=-1)[..., :, None] + second.square().sum(dim=-1)[..., None, :]
        return (2 * first @ second.mT - squares).clamp(max=0)
    return -power_sums(first, second, power=power)


def _check(
    first: Tensor,
    second: Tensor,
    *,
    distance: str,
    power: float,
    precisions: Tensor | None,
    temperature: float | Tensor,
) -> None:
    if first.shape != second.shape:
        _refuse("batch", f"{tuple(first.shape)} and {tuple(second.shape)} are no pairs", "Give two batches of one shape")
    if first.shape[-2] < FEWEST_ROWS:
        _refuse("batch", "a batch of one pair has no negatives", "Give at least two pairs")
    if not (torch.as_tensor(temperature) > 0).all():
        _refuse("temperature", f"{temperature} is not above 0", "Give a number above 0")
    if distance == "dot" and precisions is not None:
        _refuse("precisions", "a dot product has none", "Leave them out, or take the distance lp")
    if distance == "lp" and power <= 0:
        _refuse("power", f"{power} is not above 0", "Give a number above 0")
    if distance not in ("dot", "lp"):
        _refuse("distance", f"{distance!r} is unknown", "Give dot or lp")


def _refuse(field: str, message: str, remedy: str) -> Never:
    raise InputError(field=field, message=message, remedy=remedy)
