"""The losses of stacked encoders: by pairs, with precisions that are learned or not, and by the latents themselves."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.identification.configuration import DOT, Configuration, PrecisionsName

ONE = math.log(math.e - 1)
"""softplus of it is 1."""


class LearnedPrecisions(nn.Module):
    """A positive precision for each dimension and member; those of an isotropic member are one number."""

    def __init__(self, *, kinds: Sequence[PrecisionsName], latents: int, spread: float, seeds: Sequence[int]) -> None:
        """`spread` is the standard deviation of the raw values around the one that stands for 1."""
        super().__init__()
        draws = [torch.randn(latents, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        self.raw = nn.Parameter(ONE + spread * torch.stack(draws))
        self.register_buffer("is_isotropic", torch.tensor([[kind == "isotropic"] for kind in kinds]), persistent=False)

    def forward(self) -> Float[Tensor, "member latent"]:
        """The precisions."""
        free = functional.softplus(self.raw)
        return torch.where(self.get_buffer("is_isotropic"), free.mean(dim=-1, keepdim=True).expand_as(free), free)


class PairLoss(nn.Module):
    """The contrastive loss of a configuration."""

    def __init__(self, configuration: Configuration, *, seeds: Sequence[int]) -> None:
        super().__init__()
        self.configuration = configuration
        kind = configuration.precisions
        self.precisions = (
            None
            if kind == "none"
            else LearnedPrecisions(
                kinds=[kind] * len(seeds), latents=configuration.latents, spread=configuration.precisions_spread, seeds=seeds
            )
        )

    def forward(
        self, first: Float[Tensor, "member batch latent"], second: Float[Tensor, "member batch latent"]
    ) -> Float[Tensor, " member"]:
        """Of each member; row i of both is a positive pair."""
        chosen = self.configuration
        return pair_nce(
            first,
            second,
            distance="dot" if chosen.power == DOT else "lp",
            power=chosen.power or 2.0,
            precisions=None if self.precisions is None else self.precisions(),
            temperature=chosen.temperature,
            negatives=chosen.negatives,
            directions=chosen.directions,
        )


def supervised_loss(
    codes: Float[Tensor, "member batch latent"], latents: Float[Tensor, "member batch latent"]
) -> Float[Tensor, " member"]:
    """Mean squared error of each member."""
    return (codes - latents).square().mean(dim=(-2, -1))


def require_finite(values: Float[Tensor, "..."], *, what: str) -> None:
    """Raise InputError where a network gave something that is no number."""
    if not bool(torch.isfinite(values).all()):
        raise InputError(field="learning_rate", message=f"{what} are no numbers any more", remedy="Give a smaller learning_rate")
