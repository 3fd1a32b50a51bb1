"""The scores of pairs of rows and, in closed form, how the gradients of scores reach the rows. Called by the pair losses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

Distance = Literal["dot", "lp"]


class Similarity(Protocol):
    """A score of two rows, for rows in units in which precisions and temperature are 1."""

    def paired(
        self, first: Float[Tensor, "*member batch latent"], second: Float[Tensor, "*member batch latent"]
    ) -> Float[Tensor, "*member batch"]:
        """The score of each row with the row of the same number."""

    def table(
        self, rows: Float[Tensor, "*member row latent"], others: Float[Tensor, "*member other latent"]
    ) -> Float[Tensor, "*member row other"]:
        """The scores of all pairs."""

    def pull(
        self,
        weights: Float[Tensor, "*member row other"],
        rows: Float[Tensor, "*member row latent"],
        others: Float[Tensor, "*member other latent"],
    ) -> tuple[Float[Tensor, "*member row latent"], Float[Tensor, "*member other latent"]]:
        """The gradients of `(weights * table(rows, others)).sum()`, of the rows and of the others."""


@dataclass(frozen=True)
class Dot:
    """a·b."""

    def paired(self, first: Tensor, second: Tensor) -> Tensor:
        """See `Similarity`."""
        return (first * second).sum(dim=-1)

    def table(self, rows: Tensor, others: Tensor) -> Tensor:
        """One matrix product."""
        return rows @ others.mT

    def pull(self, weights: Tensor, rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Two matrix products."""
        return products(weights, rows, others)


@dataclass(frozen=True)
class Squared:
    """-|a - b|²."""

    def paired(self, first: Tensor, second: Tensor) -> Tensor:
        """See `Similarity`."""
        return -(first - second).square().sum(dim=-1)

    def table(self, rows: Tensor, others: Tensor) -> Tensor:
        """2ab - |a|² - |b|², by one matrix product; rounding never lifts it above 0."""
        scores = torch.matmul(2 * rows, others.mT)
        scores -= rows.square().sum(dim=-1)[..., :, None]
        scores -= others.square().sum(dim=-1)[..., None, :]
        return scores.clamp_(max=0)

    def pull(self, weights: Tensor, rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Two matrix products."""
        of_rows, of_others = products(weights, rows, others)
        of_rows = of_rows - weights.sum(dim=-1)[..., None] * rows
        of_others = of_others - weights.sum(dim=-2)[..., None] * others
        return 2 * of_rows, 2 * of_others


@dataclass(frozen=True)
class Power:
    """-sum_d |a_d - b_d|^power. No root is taken and nothing is row × other × latent: one latent after another."""

    power: float

    def paired(self, first: Tensor, second: Tensor) -> Tensor:
        """See `Similarity`."""
        return -(first - second).abs().pow(self.power).sum(dim=-1)

    def table(self, rows: Tensor, others: Tensor) -> Tensor:
        """As many passes over the table as there are latents."""
        scores = rows.new_zeros(*rows.shape[:-1], others.shape[-2])
        gaps = torch.empty_like(scores)
        for row, other in _by_latent(rows, others):
            torch.sub(row, other, out=gaps).abs_()
            scores -= gaps if self.power == 1 else gaps.pow_(self.power)
        return scores

    def pull(self, weights: Tensor, rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """The slope of a power at equal rows is 0, also where it has none (power 1) or is infinite (below 1)."""
        of_rows, of_others = torch.empty_like(rows), torch.empty_like(others)
        gaps, slopes = torch.empty_like(weights), torch.empty_like(weights)
        tiny = torch.finfo(weights.dtype).tiny
        for latent, (row, other) in enumerate(_by_latent(rows, others)):
            torch.sub(row, other, out=gaps)
            if self.power == 1:
                torch.sign(gaps, out=slopes)
            else:
                torch.abs(gaps, out=slopes).clamp_(min=tiny).pow_(self.power - 1).mul_(gaps.sign_())
            slopes *= weights
            of_rows[..., latent] = slopes.sum(dim=-1)
            of_others[..., latent] = slopes.sum(dim=-2)
        return of_rows * -self.power, of_others * self.power


def products(weights: Tensor, rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """`weights @ others` and `weights.mT @ rows`; for few latents a CPU is four times as fast with the factors exchanged."""
    return (others.mT @ weights.mT).mT, (rows.mT @ weights).mT


def _by_latent(rows: Tensor, others: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """One latent of both batches after another as a column and a row; contiguous, which makes differences five times as fast."""
    columns, lines = rows.mT.contiguous(), others.mT.contiguous()
    for latent in range(rows.shape[-1]):
        yield columns[..., latent, :, None], lines[..., latent, None, :]


def similarity(distance: Distance, *, power: float) -> Similarity:
    """The score of a distance; the power is that of `lp`."""
    if distance == "dot":
        return Dot()
    return Squared() if power == 2 else Power(power)
