"""How well codes tell latents: up to an affine map (R²) and up to a permutation with signs and scales (MCC)."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from experiments.methods.identification.losses import require_finite
from experiments.methods.metrics.matching import mcc
from experiments.methods.metrics.regression import in_sample_r2, linear_r2


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Of one encoder; 1 is best."""

    r2: float
    """Of a linear map from codes to latents, fitted on half the samples and scored on the others."""
    mcc: float
    """Mean correlation of matched latents and codes; matched on half the samples and scored on the others."""
    r2_in_sample: float
    """As published: fitted and scored on the same samples."""
    mcc_in_sample: float
    """As published: matched and scored on the same samples."""


def scores_of(
    latents: Float[Tensor, "sample latent"],
    codes: Float[Tensor, "sample code"],
    *,
    correlation: Literal["pearson", "spearman"] = "pearson",
) -> Scores:
    """The scores of codes, of which there may be more than latents.

    Raises:
        InputError: A code is no number.
    """
    require_finite(codes, what="the codes")
    truth, code = latents.double().cpu().numpy(), codes.double().cpu().numpy()
    return Scores(
        r2=linear_r2(code, truth),
        mcc=mcc(truth, code, correlation=correlation, fitted="crossed").score,
        r2_in_sample=in_sample_r2(code, truth),
        mcc_in_sample=mcc(truth, code, correlation=correlation).score,
    )
