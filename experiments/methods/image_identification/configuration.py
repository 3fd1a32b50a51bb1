"""What decides the training of an encoder of images. Papers name their configurations, `maker.train_encoder` makes one."""

from dataclasses import dataclass
from typing import Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import is_path
from experiments.methods.identification.configuration import DOT, Supervision
from experiments.methods.training.plan import Plan
from model_zoo.sources.perceptron import OutputSpace

COARSE = 8
"""Side of the pictures that the baseline takes for codes: their pixels are as many as a linear map can be fitted to."""
DataName = Literal["rendered", "three_d_ident", "kitti_masks"]


@dataclass(frozen=True, kw_only=True)
class ImageConfiguration:
    """Images and their pairs, the encoder, the loss and the plan of a training."""

    data: DataName = "rendered"
    folder: str = ""
    """Absolute path of a published set; the rendered one has none."""
    side: int = 32
    """px of the images that the encoder takes."""
    pool: int = 20_000
    """Pairs that are rendered before the training, which draws from them."""
    data_seed: int = 0
    """Of the pool: networks of all seeds are trained on the same images, as on a published set."""
    conditional: Literal["laplace", "normal", "generalized_normal"] = "normal"
    """The law of a partner's factors, cut off at the sides of [-1, 1]."""
    conditional_scale: float = 0.1
    conditional_power: float = 3.0
    furthest: int = 5
    """Frames between the images of a pair, at most; of sequences."""

    supervision: Supervision = "pairs"
    encoder: Literal["convolutional_encoder", "mask_encoder", "resnet_encoder"] = "convolutional_encoder"
    widths: tuple[int, ...] = (32, 64, 128)
    """Channels of a `convolutional_encoder`, whose maps each halve."""
    hidden: int = 256
    grid: int = 4
    codes: int = 10
    output: OutputSpace = "box"
    power: float = 2.0
    """Of the distance in the loss; 0 stands for the dot product."""
    temperature: float = 1.0
    negatives: Literal["cross", "both", "self_included"] = "cross"
    directions: Literal["one", "both"] = "both"
    measured: int = 4096
    """Held-out images on which the trained encoder is measured; half as many during the training."""
    correlation: Literal["pearson", "spearman"] = "pearson"
    """Of the MCC."""

    batch: int = 128
    """Pairs a step."""
    steps: int = 1500
    learning_rate: float = 1e-3
    warm_up: int = 0
    decay: Literal["none", "cosine", "step"] = "cosine"
    measure_every: int = 250
    keep_every: int = 250
    watched: str = ""
    """As in `Plan`: `r2` or `mcc`, or nothing."""
    patience: int = 5

    def __post_init__(self) -> None:
        require_range(self, "side", 16, 1024)
        require_range(self, "pool", 2, 10**7)
        require_range(self, "furthest", 1, 10**6)
        require_range(self, "codes", 1, 1000)
        # Twice the pixels of the baseline, which half of the images fit.
        require_range(self, "measured", 8 * COARSE**2, 10**7)
        require_range(self, "batch", 2, 10**6)
        require_range(self, "power", DOT, 20)
        for name in ("conditional_scale", "conditional_power", "temperature"):
            require(getattr(self, name) > 0, name, f"{getattr(self, name)} is not above 0", "Give a number above 0")
        published = self.data != "rendered"
        fits = is_path(self.folder) if published else not self.folder
        name = {"rendered": "folder", "three_d_ident": "three_d_ident", "kitti_masks": "kitti"}[self.data]
        remedy = f"Give --set {name}=/path/of/the/published/set" if published else "Leave it out"
        require(fits, name, f"{self.folder[:200]!r} is no absolute path", remedy)
        # The plan checks its own fields.
        _ = self.plan

    @property
    def plan(self) -> Plan:
        """Of the training."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            decay=self.decay,
            measure_every=self.measure_every,
            keep_every=self.keep_every,
            watched=self.watched,
            patience=self.patience,
        )
