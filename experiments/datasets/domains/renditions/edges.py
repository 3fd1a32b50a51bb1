"""Line drawings: the edges of a view (Canny 1986) in dark ink on light paper."""

import numpy as np
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.feature import canny

from experiments.datasets.domains.scenes import Canvas, Mask, Scene

THICKNESS = 1.2
"""px, deviation of the blur that makes lines as wide as a pen's."""
FAINT = 0.35
"""Darkness of the ground's lines, in that of the object's."""


def edges(scene: Scene, rng: np.random.Generator) -> Canvas:
    """Edges of the brightness and of the outline; those of the ground are faint, as one draws an object."""
    brightness = rgb2gray(scene.pixels)
    lines = _edges_of(brightness, sigma=rng.uniform(1.5, 2.5)) * (FAINT + (1 - FAINT) * scene.mask)
    outline = _edges_of(scene.mask, sigma=1.0)
    ink = ndimage.gaussian_filter(np.maximum(lines, outline), THICKNESS) * 2.5 * THICKNESS
    paper, pen = rng.uniform(0.85, 1.0, size=3), rng.uniform(0.0, 0.3, size=3)
    strength = np.clip(ink, 0, 1)[..., None]
    drawn: Canvas = strength * pen + (1 - strength) * paper
    return drawn


def _edges_of(brightness: Mask, *, sigma: float) -> Mask:
    found: Mask = canny(brightness, sigma=sigma).astype(float)  # type: ignore[no-untyped-call]  # scikit-image has no types there
    return found
