"""Silhouettes: an object's outline filled with one dark color on plain paper."""

import numpy as np

from experiments.datasets.domains.scenes import Canvas, Scene


def silhouette(scene: Scene, rng: np.random.Generator) -> Canvas:
    """The mask of the object in two plain colors, the darker one inside."""
    inside, outside = rng.uniform(0.0, 0.3, size=3), rng.uniform(0.7, 1.0, size=3)
    return scene.mask[..., None] * inside + (1 - scene.mask[..., None]) * outside
