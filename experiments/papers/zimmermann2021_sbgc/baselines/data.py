"""The images that everything is trained and measured on, as levels: digits, or CIFAR-10 at the published scale."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from experiments.contract.fields import require
from experiments.datasets.digits import BRIGHTEST, labeled_digits
from experiments.datasets.image_sets import cifar10

Data = Literal["digits", "cifar10"]
Part = Literal["train", "test"]
CLASSES = 10
LEVELS = {"digits": BRIGHTEST + 1, "cifar10": 256}
SHAPES = {"digits": (1, 8, 8), "cifar10": (3, 32, 32)}
"""Channels and sides of an image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LeveledImages:
    """Images whose values are whole numbers below `levels`, and the class of each."""

    pixels: UInt8[Tensor, "image channel side side"]
    labels: Int[Tensor, " image"]
    levels: int

    def first(self, count: int) -> "LeveledImages":
        """So many of them; the parts of both sets are shuffled, so that these are a fair draw."""
        return LeveledImages(pixels=self.pixels[:count], labels=self.labels[:count], levels=self.levels)

    @property
    def unit(self) -> Float[Tensor, "image channel side side"]:
        """The images with values in [0, 1]."""
        return self.pixels.float() / (self.levels - 1)


def require_classes(labels: Int[Tensor, " image"], *, field: str) -> None:
    """Raise InputError unless the images, which `field` counts, are of two classes at least."""
    several = bool((labels != labels[:1]).any())
    require(several, field, f"the first {len(labels)} images are of one class", "Give more images")


def images_of(data: Data, part: Part, *, path: str = "") -> LeveledImages:
    """The images of a part.

    Raises:
        InputError: CIFAR-10 is not at `path`.
    """
    if data == "digits":
        labeled = labeled_digits(part, side=8)
        levels = np.round(labeled.pixels[..., 0].astype(float) * BRIGHTEST / 255).astype(np.uint8)
        return LeveledImages(
            pixels=torch.from_numpy(levels)[:, None], labels=torch.from_numpy(labeled.labels), levels=LEVELS[data]
        )
    found = cifar10(path)
    chosen = found.indices(held_out=part == "test")
    return LeveledImages(pixels=found.read(chosen), labels=torch.from_numpy(found.labels)[chosen].long(), levels=LEVELS[data])
