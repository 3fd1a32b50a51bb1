"""The settings of an active test, checked; `active_test.prepare` builds them from its keyword arguments."""

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

from experiments.contract.fields import require, require_range, require_whole

Norm = Literal["linf", "l2"]
Rescale = Literal["adaptive", "fixed", "none"]
LARGEST_SEED = 2**32 - 1
SMALLEST_EPS = 1e-5
"""Single precision rounds values below 1 to 6e-8."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the points of a test are drawn, its read-outs made, and its attack judged (Zimmermann et al. 2022, Algorithm 1)."""

    eps: float = 8 / 255
    """Radius of the ball around an image of values in [0, 1], in the norm."""
    norm: Norm = "linf"
    samples: int = 64
    """At most so many of the images given, the first ones."""
    inner: int = 999
    """Points of class 0 for each image, itself among them."""
    boundary: int = 1
    """Points of class 1, at distance `eps`."""
    closeness: float = 0.999
    """The threshold's place on the way from 0 to the score of the most confident boundary point."""
    gap: float = 0.05
    """Inner points keep within (1 - gap) * eps."""
    corners: bool = True
    """Whether boundary points are corners of the cube, or else anywhere on its surface; a ball of `l2` has no corners."""
    rescale: Rescale = "adaptive"
    """Logits get the range that those of the model have at the same points, the range 1, or stay as they are."""
    feature: str = ""
    """Name of the layer that reads the features out; empty: found."""
    repeats: int = 1
    """Passes of a randomized model over each point; an image counts as class 1 if more than half of its passes say so."""
    references: int = 0
    """Points of class 1 beyond the ball for each image, which attacks that match features or logits aim at."""
    far: float = 1.75
    """Their distance, in `eps`."""
    controls: int = 200
    """Random points of each kind for each image; a random attack has at most so many queries."""
    inverted: bool = False
    """With a detector: adversarial images have to be detected, instead of having to pass."""
    rounds: int = 20
    """At most so many draws of the boundary points that a detector has to agree with; in the inverted test 25 points each."""
    batch: int = 64
    """Images that are fitted and attacked at once."""
    seed: int = 0

    def __post_init__(self) -> None:
        largest = 1.0 if self.norm == "linf" else float("inf")
        require(self.norm in get_args(Norm), "norm", f"{self.norm!r} is unknown", f"Choose among {', '.join(get_args(Norm))}")
        remedy = f"Give a number of at least {SMALLEST_EPS}, at most 1 for linf"
        require(SMALLEST_EPS <= self.eps <= largest, "eps", f"{self.eps} is no radius for images in single precision", remedy)
        known = get_args(Rescale)
        require(self.rescale in known, "rescale", f"{self.rescale!r} is unknown", f"Choose among {', '.join(known)}")
        require(
            0 <= self.closeness < 1, "closeness", f"{self.closeness} is outside [0, 1)", "Give 0.999, or less for an easier test"
        )
        require_range(self, "gap", 0, 1)
        require(1 < self.far <= 10, "far", f"{self.far} is not beyond the ball", "Give a number above 1, at most 10")
        for name in ("samples", "inner", "boundary", "repeats", "controls", "rounds", "batch"):
            require_whole(name, getattr(self, name), 1, 10**6)
        require_whole("references", self.references, 0, 10**6)
        require_whole("seed", self.seed, 0, LARGEST_SEED)


class Settings(TypedDict, total=False):
    """The fields of `Options`, as keyword arguments of those who build them."""

    eps: float
    norm: Norm
    samples: int
    inner: int
    boundary: int
    closeness: float
    gap: float
    corners: bool
    rescale: Rescale
    feature: str
    repeats: int
    references: int
    far: float
    controls: int
    inverted: bool
    rounds: int
    batch: int
    seed: int
