"""What decides a measurement: of which defence of which network, by which attacks, how large and how hard its active test is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.fields import Json, build, require, require_range
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier
from experiments.papers.zimmermann2022_active_tests.networks import ATTACKS, DEFENCES

KNOWN = (*ATTACKS, "basic_iterative", "momentum", "adam", "smallest")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """All that decides a measurement. Distances are L-infinity, of pixels in [0, 1]."""

    defence: str = "none"
    classifier: Mapping[str, Json] = field(default_factory=dict)
    """Of the training, by the fields of `Classifier`; not read where `network` names another."""
    network: str = ""
    """A model of the zoo, whose own decisions on clean images count as right; empty: the classifier that is trained."""
    photographs: int = 64
    """Crops that such a model is shown."""
    stamps: int = 64
    """Objects on grays that it is shown; 0 where they are not installed."""
    side: int = 96
    """px of both."""
    version: int = 1
    """Of the code of the defence, which has constants of its own: what another version measured is another stage."""
    attacks: tuple[str, ...] = ATTACKS
    """By name; a defence that has no `original` one of its own is attacked by `plain`."""
    eps: float = 0.1
    steps: int = 20
    """Of iterative attacks; the adequate ones of some defences take more."""
    images: int = 128
    """Held-out images for accuracies; 0 for none."""
    samples: int = 64
    """Of the active test."""
    inner: int = 199
    """Points of class 0 for each sample, itself among them."""
    closeness: float = 0.999
    """Hardness: where the threshold lies on the way to the best boundary point."""
    gap: float = 0.05
    """Inner points keep within (1 - gap) * eps."""
    references: int = 0
    """Points beyond the ball for each sample, of class 1, which attacks may match."""
    rounds: int = 25
    """Draws of a boundary point that a detector has to agree with, at most."""
    batch: int = 64
    """Samples that are attacked at once."""

    def __post_init__(self) -> None:
        require(self.defence in DEFENCES, "defence", f"{self.defence!r} is unknown", f"Choose among {', '.join(DEFENCES)}")
        unknown = set(self.attacks) - set(KNOWN)
        require(not unknown, "attacks", f"{sorted(unknown)} are unknown", f"Choose among {', '.join(KNOWN)}")
        require(bool(self.attacks), "attacks", "there are none", f"Choose among {', '.join(KNOWN)}")
        require(0 < self.eps <= 1, "eps", f"{self.eps} is no distance of pixels in [0, 1]", "Give a number above 0, such as 0.1")
        require(
            0 <= self.closeness < 1, "closeness", f"{self.closeness} is outside [0, 1)", "Give 0.999, or less for an easier test"
        )
        for name, low in (
            ("steps", 1),
            ("samples", 1),
            ("inner", 2),
            ("images", 0),
            ("rounds", 1),
            ("version", 1),
            ("batch", 1),
            ("photographs", 0),
        ):
            require_range(self, name, low, 100_000)
        require_range(self, "gap", 0, 1)
        require_range(self, "references", 0, 100)
        require_range(self, "stamps", 0, 100_000)
        require_range(self, "side", 32, 512)
        build(Classifier, self.classifier)
