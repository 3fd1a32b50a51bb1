"""How far a representation is from a rotated, scaled copy of the latents. Called by the papers that train encoders."""

import numpy as np
from jaxtyping import Float

from experiments.methods.metrics.paired import centered, paired
from experiments.methods.metrics.regression import AffineMap


def orthogonality_error(latents: Float[np.ndarray, "sample latent"], estimates: Float[np.ndarray, "sample code"]) -> float:
    """|AᵀA - cI| / |cI| in the Frobenius norm, for the affine map A that fits the estimates to the latents best and the best c.

    0 if the codes are a rotation or reflection of the latents up to scale and offset, at most √(latents - 1); infinite if they
    are constant. Other than `procrustes_error` it does not see what the map leaves unexplained.
    """
    latents, estimates = paired(latents, estimates, names=("latents", "estimates"))
    squared = np.linalg.svd(AffineMap(latents, estimates).slopes, compute_uv=False) ** 2
    # Fewer codes than latents leave directions that the map loses.
    squared = np.concatenate([squared, np.zeros(latents.shape[1] - len(squared))])
    scale = squared.mean()
    return float(np.sqrt(np.square(squared / scale - 1).mean())) if scale > 0 else float("inf")


def procrustes_error(latents: Float[np.ndarray, "sample latent"], estimates: Float[np.ndarray, "sample code"]) -> float:
    """The share of the latents' variance that the best rotation, reflection, scale and offset of the codes leave, from 0 to 1.

    It is the disparity of scipy's `procrustes`, also for unequal numbers of latents and codes (the missing columns are 0); 1 for
    constant codes.
    """
    latents, estimates = paired(latents, estimates, names=("latents", "estimates"))
    latents, estimates = centered(latents), centered(estimates)
    size = float(np.linalg.norm(latents) * np.linalg.norm(estimates))
    if size == 0:
        return 1.0
    aligned = float(np.linalg.svd(latents.T @ estimates, compute_uv=False).sum()) / size
    return max(0.0, 1 - aligned**2)
