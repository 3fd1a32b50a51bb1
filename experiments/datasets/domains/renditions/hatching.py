"""Hatching: parallel lines whose width follows the darkness, crossed by others where the view is darkest, as engravings have."""

import numpy as np
from scipy import ndimage

from experiments.datasets.domains.scenes import SIDE, Canvas, Mask, Scene


def hatching(scene: Scene, rng: np.random.Generator) -> Canvas:
    """One ink on plain paper."""
    darkness = ndimage.gaussian_filter(1 - scene.brightness(ground=0.3), 1.0)
    angle, period = rng.uniform(0, np.pi), rng.uniform(5.0, 8.0)
    lines = _lines(angle, period=period) < np.clip(1.3 * darkness - 0.15, 0, 1)
    crossed = _lines(angle + np.pi / 2, period=period) < np.clip(1.6 * darkness - 0.8, 0, 1)
    outline = np.abs(ndimage.sobel(scene.mask, 0)) + np.abs(ndimage.sobel(scene.mask, 1)) > 1
    ink = ndimage.gaussian_filter((lines | crossed | outline).astype(float), 0.6)[..., None]
    drawn: Canvas = ink * rng.uniform(0.0, 0.3, size=3) + (1 - ink) * rng.uniform(0.85, 1.0, size=3)
    return drawn


def _lines(angle: float, *, period: float) -> Mask:
    """In [0, 1], smallest along parallel lines."""
    rows, columns = np.indices((SIDE, SIDE))
    across = np.cos(angle) * columns + np.sin(angle) * rows
    distances: Mask = np.abs((across / period) % 1 - 0.5) * 2
    return distances
