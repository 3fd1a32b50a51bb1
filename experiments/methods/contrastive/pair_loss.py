"""The contrastive loss over pairs (InfoNCE) with the similarities and negatives of the papers. Called by their training."""

from jaxtyping import Float
from torch import Tensor

from experiments.methods.contrastive.pair_gradients import Directions, Negatives
from experiments.methods.contrastive.similarities import Distance
from experiments.methods.contrastive.tiled import tiled_pair_nce

CACHED_CELLS = 1 << 17
"""Scores at once with which a CPU is quickest: they stay in the cache of a core."""
RESIDENT_CELLS = 1 << 26
"""The same for a GPU, where fewer and larger steps are quicker: a quarter of a GiB."""


def pair_nce(
    first: Float[Tensor, "*member batch latent"],
    second: Float[Tensor, "*member batch latent"],
    *,
    distance: Distance = "dot",
    power: float = 2.0,
    precisions: Float[Tensor, "*member latent"] | None = None,
    temperature: float | Float[Tensor, "*member"] = 1.0,
    negatives: Negatives = "cross",
    directions: Directions = "both",
) -> Float[Tensor, "*member"]:
    """The mean over anchors of -log(e^s(positive) / (e^s(positive) + sum of e^s(negative))), in nats, for each member.

    Row i of both batches is a positive pair. The score s is a·b / temperature for the distance `dot`, and
    -sum_d precisions_d |a_d - b_d|^power / temperature for `lp` (Zimmermann et al. 2021; precisions: Rusak et al. 2024).

    Args:
        first: The anchors; leading dimensions are independent stacked members.
        second: Their positives.
        distance: What is compared.
        power: Of the differences.
        precisions: Above 0; 1 where they are left out. Gradients reach them. There is no factor of ½: positives that follow
            exp(-½ Λ (z⁺ - z)²) are met by precisions of Λ / 2, and precisions c on the unit sphere are a dot product with the
            temperature 1 / (2 c).
        temperature: Above 0; gradients reach it.
        negatives: `cross`: the other rows of the second batch, so that constant rows have the loss ln B. `both`: the other rows
            of both batches, ln(2B - 1). `self_included`: all rows of the first batch, the anchor itself among them, as in
            the code published by Zimmermann et al. 2021, ln(B + 1).
        directions: `both` is the mean with anchors and positives in exchanged roles.

    Raises:
        InputError: A batch of one, unequal shapes, a temperature, power or precision that is not above 0, or an unknown choice.
    """
    cells = CACHED_CELLS if first.device.type == "cpu" else RESIDENT_CELLS
    return tiled_pair_nce(
        first,
        second,
        tile=max(1, cells // max(1, first[..., 0].numel())),
        distance=distance,
        power=power,
        precisions=precisions,
        temperature=temperature,
        negatives=negatives,
        directions=directions,
    )
