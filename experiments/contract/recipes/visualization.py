"""Feature visualizations."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import MAX_SIDE, Sign, UnitRecipe, require_same_place
from model_zoo.address import UnitAddress
from model_zoo.catalogue import card


@dataclass(frozen=True, kw_only=True)
class FeatureVisualization(UnitRecipe):
    """Images optimized to activate a unit most or least.

    Files: `image_0` … `image_<batch-1>`, each with its `activation`, and `image_<i>_step_<n>` for each threshold n that was
    reached. `values` holds the best natural activation and which images beat it (`below_natural`: the
    weakest does not), which images are `dead`, and with which precision, diversity and number of steps they were made.
    """

    kind: ClassVar[str] = "feature_visualization"
    engine: Literal["native", "lucent"] = "native"
    """Ours, or torch-lucent as it is, which has no MACO, `published` transforms, thresholds, early stop or search."""
    parametrization: Literal["fourier", "pixel", "maco"] = "fourier"
    """`maco` has crops and noise of its own in the place of `transforms`, unless those are `none`."""
    sign: Sign = "max"
    """Activate the unit most, or least."""
    size: int = 224
    """Side in px that is optimized and that the network sees."""
    shown_size: int = 224
    """Side in px of the images that are written."""
    steps: int = 512
    """Of the optimization."""
    thresholds: tuple[int, ...] = ()
    """Steps, ascending, whose images are written besides the final ones; 0 is the noise at the beginning."""
    early_stop: bool = False
    """Stop once the norm of the batch's gradient has settled, by the rule of Zimmermann et al. 2023, never before step 2,500."""
    batch: int = 1
    """Images that are optimized together."""
    diversity: float = 0.0
    """Weight of the diversity term over the batch (Gram matrices of the unit's layer); 0 leaves it out."""
    diversity_search: bool = False
    """Search, from `diversity` on, the greatest weight with which the weakest image still beats the best natural one."""
    learning_rate: float = 0.05
    """Of Adam."""
    transforms: Literal["standard", "published", "none"] = "standard"
    """`standard` as in lucent, `published` as in Zimmermann et al. 2021, or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "shown_size", 32, MAX_SIDE)
        require_same_place(self, size=self.size)
        require_range(self, "steps", 1, 20_000)
        require_range(self, "batch", 1, 64)
        require_range(self, "diversity", 0.0, 1e6)
        require_range(self, "learning_rate", 1e-5, 10.0)
        self._check_thresholds()
        self._check_diversity()
        if self.engine == "lucent":
            self._check_lucent()

    def _check_thresholds(self) -> None:
        ascending = list(self.thresholds) == sorted(set(self.thresholds))
        within = all(0 <= step <= self.steps for step in self.thresholds)
        remedy = f"Give different steps from 0 to {self.steps} in ascending order"
        require(ascending and within, "thresholds", f"{list(self.thresholds)} are no steps of this optimization", remedy)

    def _check_diversity(self) -> None:
        remedy = "Give batch of at least 2, or diversity 0"
        require(self.diversity == 0 or self.batch > 1, "diversity", "a batch of one has no diversity", remedy)
        unit = UnitAddress.parse(self.unit)
        message = f"{unit.layer} has neither maps nor tokens whose Gram matrices could differ"
        layout = card(unit.model).layers[unit.layer].layout
        require(self.diversity == 0 or layout != "BC", "diversity", message, "Give diversity 0 and no search, or another layer")
        remedy = "Give diversity, as published 1, or leave out the search"
        require(self.diversity > 0 or not self.diversity_search, "diversity", "a search begins at a weight above 0", remedy)

    def _check_lucent(self) -> None:
        message = "the engine lucent does not have it"
        require(self.parametrization != "maco", "parametrization", message, "Choose fourier or pixel, or the engine native")
        require(self.transforms != "published", "transforms", message, "Choose standard or none, or the engine native")
        require(self.aggregation != "tokens", "aggregation", message, "Choose mean or position, or the engine native")
        for field in ("thresholds", "early_stop", "diversity_search"):
            require(not getattr(self, field), field, message, "Leave it out, or choose the engine native")
