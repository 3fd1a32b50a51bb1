"""The loss over pairs in memory of batch × tile, however large the batch. Called by `pair_nce`, which chooses the tile."""

from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.contrastive.pair_gradients import Directions, Negatives, Way, loss_of
from experiments.methods.contrastive.scales import rescaled
from experiments.methods.contrastive.similarities import Distance, similarity


def tiled_pair_nce(
    first: Float[Tensor, "*member batch latent"],
    second: Float[Tensor, "*member batch latent"],
    *,
    tile: int,
    distance: Distance = "dot",
    power: float = 2.0,
    precisions: Float[Tensor, "*member latent"] | None = None,
    temperature: float | Float[Tensor, "*member"] = 1.0,
    negatives: Negatives = "cross",
    directions: Directions = "both",
) -> Float[Tensor, "*member"]:
    """`pair_nce`, with the scores of `tile` anchors at a time; the same for all tiles but for the order of sums.

    Raises:
        InputError: As `pair_nce`, or a tile below 1.
    """
    if tile < 1:
        raise InputError(field="tile", message=f"{tile} rows are none", remedy="Give 1 or more")
    first, second = rescaled(first, second, distance=distance, power=power, precisions=precisions, temperature=temperature)
    way = Way(similarity=similarity(distance, power=power), negatives=negatives, directions=directions, tile=tile)
    return loss_of(first, second, way)
