"""Attributions: what each pixel of an image has to do with a unit's activation."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import ImageRecipe

STEPS = 64


@dataclass(frozen=True, kw_only=True)
class Attribution(ImageRecipe):
    """A heat map over an image, made by one of captum's methods.

    Files: `base` (the image), `map` (signed: red speaks for the unit, blue against it; `about` holds the value of the strongest
    color), `overlay` (the map over the image) and `raw.npy` (the attributions as captum gave them). `values` holds the base
    activation, for `integrated_gradients` the `completeness_gap`, for `gradcam` the `layer` whose map was weighted.
    """

    kind: ClassVar[str] = "attribution"
    method: Literal["saliency", "integrated_gradients", "gradcam", "occlusion"] = "integrated_gradients"
    """Which of captum's methods."""
    steps: int = STEPS
    """Gradients between a gray image and this one; only for `integrated_gradients`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_range(self, "steps", 2, 2048)
        is_used = self.method == "integrated_gradients" or self.steps == STEPS
        require(is_used, "steps", f"{self.method} takes none", "Leave steps out")
