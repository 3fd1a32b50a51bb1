"""Feature visualizations."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import MAX_SIDE, Sign, UnitRecipe


@dataclass(frozen=True, kw_only=True)
class FeatureVisualization(UnitRecipe):
    """Images optimized to activate a unit most or least.

    Files: `image_0` … `image_<batch-1>`, each with its `activation`; `values` holds the best natural activation.
    """

    kind: ClassVar[str] = "feature_visualization"
    engine: Literal["native"] = "native"
    parametrization: Literal["fourier"] = "fourier"
    sign: Sign = "max"
    size: int = 224
    """Side in px that is optimized and that the network sees."""
    shown_size: int = 224
    """Side in px of the images that are written."""
    steps: int = 512
    batch: int = 1
    diversity: float = 0.0
    """Weight of the diversity term over the batch (Gram matrices of the unit's layer); 0 leaves it out."""
    learning_rate: float = 0.05
    transforms: Literal["standard", "published", "none"] = "standard"
    """`standard` as in lucent, `published` as in Zimmermann et al. 2021, or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "shown_size", 32, MAX_SIDE)
        require_range(self, "steps", 1, 20_000)
        require_range(self, "batch", 1, 64)
        require_range(self, "diversity", 0.0, 1e6)
        require_range(self, "learning_rate", 1e-5, 10.0)
        require(
            self.diversity == 0 or self.batch > 1,
            "diversity",
            "a batch of one has no diversity",
            "Give batch of at least 2, or diversity 0",
        )
