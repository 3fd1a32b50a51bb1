"""AnInfoNCE in the convention of the published code, and the form whose negatives are drawn around their anchor."""

import torch
from jaxtyping import Float
from torch import Tensor

HALF = 2.0
"""Temperature at which the score is -½ vᵀΛv, as in the published code and its sampler; the paper's page has no ½."""


def anchored_nce(
    first: Float[Tensor, "member batch latent"],
    second: Float[Tensor, "member batch latent"],
    others: Float[Tensor, "member batch negative latent"],
    *,
    precisions: Float[Tensor, "member latent"],
) -> Float[Tensor, " member"]:
    """-log(e^s(positive) / (e^s(positive) + sum of e^s(negative))), where each anchor has negatives of its own.

    With s = -½ vᵀΛ̂v. The best score is the logarithm of p(z⁺|z) / p(z⁻|z) up to what depends on the anchor alone, so that for
    laws exp(-½ vᵀΛ⁺v) and exp(-½ vᵀΛ⁻v) Λ̂ is Λ⁺ - Λ⁻ where all of its entries are above 0.
    """
    candidates = torch.cat((second[:, :, None], others), dim=2)
    scores = -0.5 * ((candidates - first[:, :, None]).square() * precisions[:, None, None]).sum(dim=-1)
    return (scores.logsumexp(dim=-1) - scores[..., 0]).mean(dim=-1)
