"""What decides the training of a classifier: its images, network, adversary and plan."""

from dataclasses import dataclass
from typing import Any, Literal

import torch

from experiments.contract.fields import require, require_range
from experiments.methods.training.plan import Plan
from experiments.methods.training.registration import Registered
from model_zoo.sources.wide_readout import ELIGIBLE, Body, WideReadout

Data = Literal["digits", "stamps", "cifar10"]
CLASSES = {"digits": 10, "stamps": 5, "cifar10": 10}
SMALLEST_SHOWN = 32
"""px at which units can be put before people."""
LICENSES = {
    "digits": "MIT, as this project; the digits are CC BY 4.0 (UCI Machine Learning Repository, optdigits)",
    "stamps": "MIT, as this project; learned from Tux Paint's stamps",
    "cifar10": "MIT, as this project; learned from CIFAR-10",
}


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """All that decides a training. Distances are L-infinity, of pixels in [0, 1]."""

    data: Data = "digits"
    path: str = ""
    """Absolute path of the folder that holds `cifar-10-batches-py`."""
    stamps: int = 3184
    """Images of objects on grays."""
    side: int = 16
    """px; the digits are enlarged to it. Networks of images below `SMALLEST_SHOWN` do not enter the zoo."""
    body: Body = "convolutions"
    widths: tuple[int, ...] = (16, 32)
    hidden: int = 512
    """Features that the read-out sees; an active test wants more than it has points."""
    winners: float = 0.0
    """Share of activations that stay at each nonlinearity; 0 for rectifiers."""
    levels: int = 0
    """Of a thermometer code; 0 for images as they are."""
    eps: float = 0.0
    """Radius of the adversary that it is trained against; 0 for none."""
    adversary_steps: int = 4
    trapdoors: float = 0.0
    """Share of the images of a batch that carry the trigger of a class and count as of it."""
    amplitude: float = 0.1
    """Of the triggers."""
    batch: int = 64
    steps: int = 400
    learning_rate: float = 2e-3
    warm_up: int = 20
    measure_every: int = 100
    keep_every: int = 50

    def __post_init__(self) -> None:
        for name, low, high in (("side", 16, 512), ("hidden", 2, 100_000), ("levels", 0, 256), ("batch", 2, 100_000)):
            require_range(self, name, low, high)
        for name in ("winners", "eps", "trapdoors", "amplitude"):
            require_range(self, name, 0, 1)
        require_range(self, "adversary_steps", 1, 1000)
        require_range(self, "stamps", 1, 100_000)
        is_given = self.data != "cifar10" or self.path.startswith("/")
        require(is_given, "path", "CIFAR-10 needs the folder that it lies in", "Give --set cifar10=/path/of/it")
        require(bool(self.widths) and min(self.widths) > 0, "widths", "there is no convolution", "Give some, such as [16,32]")
        self.plan  # noqa: B018 -- constructed for its checks

    @property
    def plan(self) -> Plan:
        """Of the training."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            decay="cosine",
            measure_every=self.measure_every,
            keep_every=self.keep_every,
        )


def network_of(classifier: Classifier, *, seed: int) -> WideReadout:
    """Random weights that follow from the seed; torch draws them from its global generator, which is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WideReadout(**_spec(classifier))


def about(classifier: Classifier) -> Registered:
    """The card's words on the network."""
    words = {"digits": "digits", "stamps": "stamps", "cifar10": "CIFAR-10"}[classifier.data]
    ways = [
        f"against an adversary of radius {classifier.eps:g}" if classifier.eps else "",
        f"with {classifier.winners:.0%} winners" if classifier.winners else "",
        f"on a thermometer code of {classifier.levels} levels" if classifier.levels else "",
        "with trapdoors" if classifier.trapdoors else "",
    ]
    way = ", ".join(filter(None, ways)) or "as usual"
    return Registered(
        title=f"Classifier of {words}, trained here {way}",
        architecture="wide_readout",
        spec=_spec(classifier),
        eligible=ELIGIBLE,
        side=classifier.side,
        license=LICENSES[classifier.data],
    )


def _spec(classifier: Classifier) -> dict[str, Any]:
    return {
        "body": classifier.body,
        "widths": list(classifier.widths),
        "side": classifier.side,
        "hidden": classifier.hidden,
        "classes": CLASSES[classifier.data],
        "winners": classifier.winners,
        "levels": classifier.levels,
    }
