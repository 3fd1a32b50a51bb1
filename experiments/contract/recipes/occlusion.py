"""A square that slides over an image: occlusion and blur."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import ImageRecipe


@dataclass(frozen=True, kw_only=True)
class Occlusion(ImageRecipe):
    """A square slides over an image; where it hurts the unit most and least.

    Files: `base` (unoccluded), `min` and `max` (occluded where the activation is least and greatest) and `map`;
    `values` holds the grid of activations (null where not read), its positions and the base activation, how it was computed
    (`inference`), and whether the unit is `dead` on the whole image.
    """

    kind: ClassVar[str] = "occlusion"
    patch: float = 0.4
    """Side of the square as a fraction of `size`, the side at which the network sees the image."""
    stride: int = 2
    """Distance in px between positions, at `size`; what is left at the right and the bottom is not covered."""
    fill: Literal["patch_mean", "gray"] = "patch_mean"
    """The square has the mean color of what it covers, or gray."""
    mode: Literal["exact", "coarse_to_fine"] = "exact"
    """Every position, or few: a coarse grid, then closer around its extremes; `values` says when the extremes may be others."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "patch", 0.02, 0.9)
        require_range(self, "stride", 1, self.size)


@dataclass(frozen=True, kw_only=True)
class Blur(Occlusion):
    """An image blurred but for a square that slides over it; where the square hurts the unit most and least.

    Files: `base` (sharp all over), `min` and `max` (sharp in the square where the activation is least and greatest) and
    `map`; `values` as for an occlusion.
    """

    kind: ClassVar[str] = "blur"
    sigma: float = 3.5
    """Standard deviation in px of an image of 224 px; it grows with the image. 3.5 is that of OpenCV's 21 px kernel."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "sigma", 0.1, 64.0)
        require(self.fill == "patch_mean", "fill", "a blurred image is not filled", "Leave fill out")
