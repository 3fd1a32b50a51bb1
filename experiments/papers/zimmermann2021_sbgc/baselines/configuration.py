"""What decides the training of a baseline: the fields of its recipe."""

from dataclasses import dataclass

from experiments.contract.fields import require_range
from experiments.methods.training.plan import Plan
from experiments.papers.zimmermann2021_sbgc.baselines.data import Data


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What both baselines share."""

    data: Data = "digits"
    path: str = ""
    """Absolute path of the folder that holds `cifar-10-batches-py`."""
    steps: int = 1500
    batch: int = 64
    learning_rate: float = 3e-3
    """At its highest; it falls as a cosine."""
    measure_every: int = 300
    keep_every: int = 300
    """Steps between two checkpoints."""

    def __post_init__(self) -> None:
        require_range(self, "batch", 1, 10**6)
        self.plan()

    def plan(self) -> Plan:
        """How long and how fast it is trained."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            decay="cosine",
            clip=10.0,
            measure_every=self.measure_every,
            keep_every=self.keep_every,
        )


@dataclass(frozen=True, kw_only=True)
class Discriminative(Baseline):
    """A convolutional network, trained by cross-entropy."""

    widths: tuple[int, ...] = (16, 32, 128)
    """Channels of its three convolutions."""
    side: int = 32
    """px to which images are enlarged before the first of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "side", 8, 1024)


@dataclass(frozen=True, kw_only=True)
class Flow(Baseline):
    """A class-conditional autoregressive flow (zuko), trained by maximum likelihood on dequantized images."""

    steps: int = 1000
    batch: int = 128
    learning_rate: float = 2e-3
    transforms: int = 2
    hidden: tuple[int, ...] = (64, 64)
    bins: int = 8
    """Of each spline (Durkan et al. 2019); 1 stands for affine transforms (Papamakarios et al. 2017)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "transforms", 1, 100)
        require_range(self, "bins", 1, 100)
