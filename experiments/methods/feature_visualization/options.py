"""How images are optimized, whatever for: the numbers of an ascent, and the parametrization and views that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization.fourier import FourierImages
from experiments.methods.feature_visualization.maco import MacoImages
from experiments.methods.feature_visualization.pixel import PixelImages
from experiments.methods.feature_visualization.transforms import MACO_CROPS, TRANSFORMS, Views


class Canvas(Protocol):
    """A batch of images and the numbers behind it."""

    parameter: Tensor

    def __call__(self) -> Float[Tensor, "batch 3 canvas canvas"]:
        """The images, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The fields that the recipe `FeatureVisualization` has too mean what they mean there."""

    size: int = 224
    steps: int = 512
    learning_rate: float = 0.05
    transforms: str = "standard"
    parametrization: str = "fourier"
    magnitudes: Float[Tensor, "3 canvas half"] | None = None
    """Of the parametrization `maco`, at the size of the canvas; see `natural_magnitudes`."""
    thresholds: Sequence[int] = ()
    """Steps of which snapshots are kept; 0 is the noise at the beginning."""
    early_stop: bool = False

    @classmethod
    def of(cls, recipe: FeatureVisualization, *, magnitudes: Float[Tensor, "3 canvas half"] | None = None) -> "Options":
        """Those of a recipe."""
        return cls(
            size=recipe.size,
            steps=recipe.steps,
            learning_rate=recipe.learning_rate,
            transforms=recipe.transforms,
            parametrization=recipe.parametrization,
            magnitudes=magnitudes,
            thresholds=recipe.thresholds,
            early_stop=recipe.early_stop,
        )

    @property
    def views(self) -> Views:
        """What the network sees of the images."""
        return MACO_CROPS if self.parametrization == "maco" and self.transforms != "none" else TRANSFORMS[self.transforms]

    @property
    def canvas_side(self) -> int:
        """Side in px of what is optimized."""
        return self.size + 2 * self.views.canvas_margin

    def canvas(self, streams: Sequence[torch.Generator], *, device: str) -> Canvas:
        """Random images to begin with, each from a stream of its own.

        Raises:
            InputError: The parametrization is `maco`, and there are no magnitudes.
        """
        if self.parametrization == "maco":
            if self.magnitudes is None:
                message, remedy = "it is missing for the parametrization maco", "Give the result of natural_magnitudes"
                raise InputError(field="magnitudes", message=message, remedy=remedy)
            return MacoImages(magnitudes=self.magnitudes, streams=streams, device=device)
        kind = PixelImages if self.parametrization == "pixel" else FourierImages
        return kind(side=self.canvas_side, streams=streams, device=device)
