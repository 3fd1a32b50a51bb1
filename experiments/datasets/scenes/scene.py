"""What every source of scenes gives: images, label maps, factors. Read by trainings and measures of object-centric models."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

BACKGROUND = 0
"""Label of the pixels that belong to no object; object i has the label i + 1."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenes:
    """A batch of scenes."""

    images: UInt8[np.ndarray, "scene side side 3"]
    labels: Int[np.ndarray, "scene side side"]
    """The object that is seen at a pixel: whose share of the pixel is above one half and which lies above all others."""
    factors: Float[np.ndarray, "scene object factor"]
    """Of each object, by the names in `factor_names`; those of an absent object are all 0."""
    factor_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int) -> "Scenes":
        """The first scenes."""
        return replace(self, images=self.images[:count], labels=self.labels[:count], factors=self.factors[:count])


def boxes(labels: Int[np.ndarray, "scene side side"], *, objects: int) -> Float[np.ndarray, "scene object 4"]:
    """Center x, center y, width and height of what is seen of each object, as fractions of the side; 0 where nothing is seen."""
    side = labels.shape[-1]
    found = np.zeros((len(labels), objects, 4))
    for number in range(objects):
        seen = labels == number + 1
        for axis, place in ((1, 0), (2, 1)):
            # Along x the rows are gone, along y the columns.
            line = seen.any(axis=axis)
            first, last = line.argmax(axis=1), side - line[:, ::-1].argmax(axis=1)
            found[:, number, place] = np.where(line.any(axis=1), (first + last) / 2 / side, 0)
            found[:, number, place + 2] = np.where(line.any(axis=1), (last - first) / side, 0)
    return found
