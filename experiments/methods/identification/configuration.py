"""What decides the training of encoders of mixed latents. Papers name their configurations, `maker.train_encoders` makes one."""

from dataclasses import dataclass
from typing import Literal

from experiments.contract.fields import require, require_range
from experiments.methods.training.plan import Plan
from model_zoo.sources.perceptron import OutputSpace

SpaceName = Literal["sphere", "box", "unbounded"]
MarginalName = Literal["uniform", "laplace", "normal"]
ConditionalName = Literal["von_mises_fisher", "laplace", "normal", "generalized_normal", "anisotropic"]
Supervision = Literal["pairs", "latents"]
PrecisionsName = Literal["none", "isotropic", "diagonal"]
DOT = 0.0
"""The power that stands for the dot product."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Latents and their pairs, the mixing, the encoder, the loss and the plan of a training."""

    latents: int = 5
    space: SpaceName = "sphere"
    low: float = 0.0
    """Of a box, in each dimension."""
    high: float = 1.0
    marginal: MarginalName = "uniform"
    marginal_scale: float = 1.0
    conditional: ConditionalName = "von_mises_fisher"
    conditional_scale: float = 0.05
    """Concentration of a von Mises-Fisher law; scale of the others; the anisotropic law has `spectrum` instead."""
    conditional_power: float = 3.0
    """Of a generalized normal."""
    spectrum: tuple[float, ...] = ()
    """Precision of each dimension under the anisotropic law exp(-½ (z⁺ - z)ᵀ Λ (z⁺ - z))."""
    mixing_layers: int = 3
    mixing_pool: int = 3000
    """Matrices among which the best conditioned are taken."""

    supervision: Supervision = "pairs"
    """By pairs, or by the latents themselves: the supervised baseline."""
    hidden: tuple[int, ...] = (128, 128, 128)
    slope: float = 0.01
    output: OutputSpace = "sphere"
    size_factor: float = 1.0
    """Of the learning rate of a box's bounds or a sphere's radius."""
    power: float = DOT
    """Of the distance in the loss, sum_d |a_d - b_d|^power; 0 stands for the dot product."""
    temperature: float = 1.0
    negatives: Literal["cross", "both", "self_included"] = "cross"
    directions: Literal["one", "both"] = "both"
    precisions: PrecisionsName = "none"
    """Learned with the encoder: none, one for all dimensions, or one for each."""
    precisions_factor: float = 10.0
    """Of their learning rate."""
    precisions_spread: float = 0.0
    """Standard deviation of what they start from, before softplus; at 0 all start at 1."""

    batch: int = 512
    """Pairs a step."""
    steps: int = 6000
    learning_rate: float = 1e-3
    decay: Literal["none", "cosine", "step"] = "cosine"
    measure_every: int = 500
    keep_every: int = 1000
    watched: str = ""
    """As in `Plan`: `r2` or `mcc`, or nothing."""
    patience: int = 5

    def __post_init__(self) -> None:
        require_range(self, "latents", 2, 1000)
        require_range(self, "batch", 2, 10**6)
        require_range(self, "mixing_layers", 1, 20)
        require_range(self, "mixing_pool", 1, 10**6)
        require_range(self, "power", 0, 20)
        for name in (
            "slope",
            "marginal_scale",
            "conditional_scale",
            "conditional_power",
            "temperature",
            "size_factor",
            "precisions_factor",
        ):
            require(getattr(self, name) > 0, name, f"{getattr(self, name)} is not above 0", "Give a number above 0")
        narrow = f"{list(self.hidden)} has a layer without units"
        require(all(width >= 1 for width in self.hidden), "hidden", narrow, "Give numbers of 1 or more, such as [128,128]")
        require(self.low < self.high, "high", f"{self.high} is not above {self.low}", "Give low < high")
        self._require_law()
        has_precisions = self.precisions != "none"
        remedy = "Give a power above 0, or leave precisions out"
        require(not (has_precisions and self.power == DOT), "precisions", "a dot product has none", remedy)
        # The plan checks its own fields.
        _ = self.plan

    def _require_law(self) -> None:
        is_bounded = self.space != "unbounded"
        remedy = "Choose normal or laplace, or a bounded space"
        require(is_bounded or self.marginal != "uniform", "marginal", "an unbounded space has no uniform law", remedy)
        remedy = "Choose another conditional, or space=sphere"
        for_sphere = self.conditional in ("von_mises_fisher", "anisotropic")
        require(
            self.space == "sphere" or not for_sphere,
            "conditional",
            f"{self.conditional} lives on the sphere, not in {self.space}",
            remedy,
        )
        if self.conditional == "anisotropic":
            fits = len(self.spectrum) == self.latents and min(self.spectrum) > 0
            remedy = f"Give {self.latents} numbers above 0"
            require(fits, "spectrum", f"{list(self.spectrum)} does not fit {self.latents} latents", remedy)

    @property
    def widths(self) -> tuple[int, ...]:
        """Of the encoder, from observation to code; both have as many dimensions as the latents."""
        return (self.latents, *self.hidden, self.latents)

    @property
    def plan(self) -> Plan:
        """Of the training."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            decay=self.decay,
            measure_every=self.measure_every,
            keep_every=self.keep_every,
            watched=self.watched,
            patience=self.patience,
        )
