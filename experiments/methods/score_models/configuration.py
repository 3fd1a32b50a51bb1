"""The configuration of a score model: all that decides its training but the images. Papers put it whole into recipes."""

from dataclasses import asdict, dataclass

import torch

from experiments.contract.fields import require, require_range
from experiments.methods.score_models.diffusions import DIFFUSIONS, Diffusion, DiffusionName, VarianceExploding, Weighting
from experiments.methods.training.plan import Plan
from model_zoo.sources.score_network import Body, ScoreNetwork


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Network, diffusion and plan; the defaults are those for digits of 8 x 8 px."""

    diffusion: DiffusionName = "vp"
    weighting: Weighting = "likelihood"
    body: Body = "perceptron"
    width: int = 256
    """Of hidden layers; of a U-Net its first channels, a multiple of 8."""
    blocks: int = 1
    """Of the encoder and of the decoder each; of a U-Net the halvings of the map."""
    attention: int = 0
    """Heads at the smallest map of a U-Net; 0 for none."""
    dropout: float = 0.1
    levels: int = 17
    """Of a pixel: 17 in scikit-learn's digits, 256 in bytes."""
    unlabeled: float = 0.1
    """Share of the images that are shown without their class, so that the network knows the density of all, too."""
    steps: int = 5000
    batch: int = 128
    learning_rate: float = 1e-3
    warm_up: int = 200
    clip: float = 1.0
    average: float = 0.999
    """Of the moving average of the weights, which is what is measured and kept."""
    measure_every: int = 1000

    def __post_init__(self) -> None:
        require_range(self, "unlabeled", 0, 1)
        require_range(self, "average", 0, 1)
        require_range(self, "dropout", 0, 0.99)
        require_range(self, "levels", 2, 65_536)
        require_range(self, "batch", 1, 10**6)
        require_range(self, "width", 1, 10**5)
        fits = self.body == "perceptron" or self.width % 8 == 0
        require(fits, "width", f"{self.width} channels do not go into groups of 8", "Give a multiple of 8")

    @property
    def process(self) -> Diffusion:
        """The diffusion with its published constants."""
        return DIFFUSIONS[self.diffusion]

    @property
    def plan(self) -> Plan:
        """Of the training loop."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            decay="cosine",
            clip=self.clip,
            measure_every=self.measure_every,
            keep_every=self.measure_every,
        )

    def spec(self, *, shape: tuple[int, int, int], classes: int) -> dict[str, object]:
        """The arguments of `ScoreNetwork`, as they stand in a card."""
        process = self.process
        fields = {name: value for name, value in asdict(self).items() if name in SHARED}
        deviations = [process.lowest, process.highest] if isinstance(process, VarianceExploding) else []
        return {
            **fields,
            "shape": list(shape),
            "classes": classes,
            "deviations": deviations,
        }

    def network(self, *, shape: tuple[int, int, int], classes: int, seed: int) -> ScoreNetwork:
        """The network before its training; its first weights follow from the seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return ScoreNetwork.of(self.spec(shape=shape, classes=classes))


SHARED = ("body", "width", "blocks", "attention", "dropout")
"""Fields that are arguments of the network."""
