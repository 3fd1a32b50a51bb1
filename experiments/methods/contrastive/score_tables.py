"""The scores of all rows of one batch with all of another, tile by tile: their logarithmic sums and their gradients.

Called by the pair losses. A tile is some rows with all others, so that no more than tile × batch numbers are alive at once,
unless the tiles are kept for the second of two passes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.methods.contrastive.similarities import Similarity


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """All pairs of two batches of the same length."""

    similarity: Similarity
    rows: Float[Tensor, "*member batch latent"]
    others: Float[Tensor, "*member batch latent"]
    diagonal: Float[Tensor, "*member batch"] | None
    """What stands on the diagonal instead of the score."""
    tile: int
    """Rows at once."""
    keeps: bool
    """Whether tiles are kept for the second pass, or made again."""
    kept: list[Tensor] = field(default_factory=list)

    def tiles(self) -> Iterator[tuple[slice, Float[Tensor, "*member tile batch"]]]:
        """The numbers of rows, and their scores."""
        for number, start in enumerate(range(0, self.rows.shape[-2], self.tile)):
            part = slice(start, min(start + self.tile, self.rows.shape[-2]))
            if number < len(self.kept):
                yield part, self.kept[number]
                continue
            scores = self.similarity.table(self.rows[..., part, :], self.others)
            if self.diagonal is not None:
                own(scores, part).copy_(self.diagonal[..., part])
            if self.keeps:
                self.kept.append(scores)
            yield part, scores

    def row_sums(self) -> Float[Tensor, "*member batch"]:
        """The logarithm of the sum of e^score over the others, for each row."""
        return torch.cat([scores.logsumexp(dim=-1) for _part, scores in self.tiles()], dim=-1)

    def both_sums(self) -> tuple[Float[Tensor, "*member batch"], Float[Tensor, "*member batch"]]:
        """For each row over the others, and for each other over the rows; in one pass."""
        of_rows, of_others = [], torch.full_like(self.others[..., 0], -torch.inf)
        for _part, scores in self.tiles():
            of_rows.append(scores.logsumexp(dim=-1))
            torch.logaddexp(of_others, scores.logsumexp(dim=-2), out=of_others)
        return torch.cat(of_rows, dim=-1), of_others

    def add_gradients(
        self,
        row_totals: Float[Tensor, "*member batch"],
        other_totals: Float[Tensor, "*member batch"] | None,
        *,
        of_rows: Float[Tensor, "*member batch latent"],
        of_others: Float[Tensor, "*member batch latent"],
    ) -> None:
        """Add the gradients of the row totals and other totals through the scores of this table, the diagonal left out.

        The slope of a total by a score is e^(score - total): a total may hold more than the sums of this table.
        """
        for part, scores in self.tiles():
            weights = (scores - row_totals[..., part, None]).exp_()
            if other_totals is not None:
                weights += (scores - other_totals[..., None, :]).exp_()
            if self.diagonal is not None:
                own(weights, part).zero_()
            pulled = self.similarity.pull(weights, self.rows[..., part, :], self.others)
            of_rows[..., part, :] += pulled[0]
            of_others += pulled[1]


def own(table: Float[Tensor, "*member tile batch"], part: slice) -> Float[Tensor, "*member tile"]:
    """The view of the entries of rows with themselves."""
    return table[..., part].diagonal(dim1=-2, dim2=-1)
