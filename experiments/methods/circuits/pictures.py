"""Natural images for detectors and circuits, split by source so that no photograph is on both sides of a test."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import UInt8

from experiments.contract.fields import require
from experiments.contract.planning import generator
from experiments.datasets.pool import PoolImage
from experiments.methods.pool_listing import ListedPool

SHARES = {"training": 0.6, "validation": 0.2, "test": 0.2}
"""Of the sources."""


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Images of a pool and the source of each."""

    pixels: UInt8[np.ndarray, "picture side side 3"]
    sources: np.ndarray

    def of(self, part: str, *, seed: int) -> Self:
        """Those for `training`, `validation`, or `test`: a fixed share of the sources, drawn by the seed.

        `calibration` are all but those for the test.

        Raises:
            InputError: There are fewer than three sources.
        """
        names = np.unique(self.sources)
        require(len(names) > 2, "pool", f"it has {len(names)} sources", "Give one with at least 3, so that some can be held out")
        names = names[generator(seed).permutation(len(names))]
        held = math.ceil(SHARES["test"] * len(names))
        parts = {
            "test": names[:held],
            "validation": names[held : 2 * held],
            "training": names[2 * held :],
            "calibration": names[held:],
        }
        mask = np.isin(self.sources, parts[part])
        return type(self)(pixels=self.pixels[mask], sources=self.sources[mask])


def read_pictures(pool: ListedPool, *, side: int, report: Callable[[int, int, str], None]) -> Pictures:
    """All images of a pool that can be read, `side` px square."""
    read: list[PoolImage] = []
    for image in pool.images(range(len(pool)), side=side):
        report(len(read), len(pool), "natural images")
        read.append(image)
    return Pictures(pixels=np.stack([image.pixels for image in read]), sources=np.array([image.source for image in read]))
