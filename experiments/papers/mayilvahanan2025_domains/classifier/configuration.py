"""What decides a domain classifier: its images, whose labels they have, and the precision that is asked for."""

import re
from dataclasses import dataclass

from experiments.contract.fields import require, require_range

DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class ClassifierConfiguration:
    """All that decides it; nothing about it is random."""

    labels: str = ""
    """Digest of the analysis of a labelling study, whose images and labels are taken; empty: the truth of the making."""
    side: int = 128
    """px of the images."""
    views: int = 1
    """Of each source, to learn from; photographs have more."""
    held_out_views: int = 2
    """The same of validation and test sources, as a precision of .98 takes many images to tell."""
    every: int = 1
    """Only every so many of the images are taken."""
    precision: float = 0.98
    """Of each head on validation images; that of Mayilvahanan et al. 2025."""

    def __post_init__(self) -> None:
        wrong = "Give the 64 digits of the digest, as the page of the study's analysis shows it"
        require(not self.labels or bool(DIGEST.fullmatch(self.labels)), "labels", f"{self.labels!r} is no digest", wrong)
        require_range(self, "side", 32, 512)
        require_range(self, "views", 1, 1000)
        require_range(self, "held_out_views", 1, 1000)
        require_range(self, "every", 1, 100)
        require_range(self, "precision", 0.5, 1)
