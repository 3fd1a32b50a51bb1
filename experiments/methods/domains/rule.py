"""The rule that turns two heads into three labels. Called wherever images are labeled by a classifier."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from experiments.datasets.domains import Domain

HEADS: tuple[Domain, Domain] = ("natural", "rendition")
"""Each against the rest."""


def three_way(scores: Float[np.ndarray, "image 2"], *, thresholds: Sequence[float]) -> list[Domain]:
    """Natural or rendition where that head alone accepts the image; ambiguous where neither does, or both do."""
    accepted: Bool[np.ndarray, "image 2"] = scores >= np.asarray(thresholds)
    return ["ambiguous" if first == second else HEADS[0] if first else HEADS[1] for first, second in accepted]
