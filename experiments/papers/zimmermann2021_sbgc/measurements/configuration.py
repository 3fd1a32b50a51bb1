"""What decides a measurement: the classifier and its network, on how many images, and what is done to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.contract.fields import Json, build, require, require_range
from experiments.methods.score_models.probability_flow import Integration

Kind = Literal["discriminative", "flow", "ode", "noise", "readout", "robust"]
"""`readout` is the noise-prediction classifier with its last, linear step as a layer."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A way to make a classifier of a network."""

    kind: Kind = "noise"
    draws: int = 1
    """Dequantizations of an image, whose likelihoods are averaged; each comes with a probe of its own."""
    integration: Mapping[str, Json] = field(default_factory=dict)
    """How the ordinary differential equation is solved, by the fields of `Integration`."""
    samples: int = 16
    """Times and noises of a noise-prediction classifier, the same for all classes."""
    rungs: tuple[int, ...] = ()
    """Empty, or the samples until the end of each rung of an elimination, of which the last has all."""
    kept: tuple[int, ...] = ()
    """Classes that are left after each of the rungs, at last one."""
    ball: float = 0.05
    """Of the robust classifier: how far images are moved to be likelier, of 1."""
    bank: int = 0
    """Seed of the noises; another bank is another draw of the same classifier."""
    banks: int = 1
    """Banks whose scores are averaged, from `bank` on: the expectation that an attack over the noise follows."""

    def __post_init__(self) -> None:
        for name in ("draws", "samples", "banks"):
            require_range(self, name, 1, 10_000)
        same = len(self.rungs) == len(self.kept)
        require(same, "kept", f"{len(self.kept)} numbers for {len(self.rungs)} rungs", "Give one for each rung")
        build(Integration, self.integration)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What all measurements share."""

    form: Mapping[str, Json]
    """By the fields of `Form`, whole."""
    network: Mapping[str, Json]
    """The configuration of the training that it is a classifier of, whole."""
    images: int
    """The first so many of the test part."""

    def __post_init__(self) -> None:
        require_range(self, "images", 1, 10**6)
        build(Form, self.form)

    @property
    def classifier(self) -> Form:
        """The form, as an object."""
        return build(Form, self.form)


@dataclass(frozen=True, kw_only=True)
class Clean(Measurement):
    """Accuracy, likelihood where there is one, and seconds an image."""


@dataclass(frozen=True, kw_only=True)
class Corrupted(Measurement):
    """Accuracy under every corruption at every severity."""

    severities: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Attack(Measurement):
    """Robust accuracy under projected gradient descent, by norm and eps."""

    linf: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3)
    l2: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0)
    """Both of images from 0 to 1."""
    steps: int = 20
    judged_bank: int = -1
    """Of the classifier that judges what the attack found; -1: of the one that was attacked."""


@dataclass(frozen=True, kw_only=True)
class Tested(Measurement):
    """The active test of that attack: does it find what is known to be there?"""

    eps: float = 0.1
    steps: int = 20
    inner: int = 99
    closeness: float = 0.999


@dataclass(frozen=True, kw_only=True)
class Paths(Measurement):
    """Ways between images of two classes, through latents and through pixels."""

    pairs: int = 24
    points: int = 13
    """On a way, its ends included."""


@dataclass(frozen=True, kw_only=True)
class Strangers(Measurement):
    """Likelihoods of images of no class: noise, blends, and digits made strange."""


MEASUREMENTS: Mapping[str, type[Measurement]] = {
    "clean": Clean,
    "corrupted": Corrupted,
    "attack": Attack,
    "tested": Tested,
    "paths": Paths,
    "strangers": Strangers,
}
"""By the name that stands in a recipe."""
