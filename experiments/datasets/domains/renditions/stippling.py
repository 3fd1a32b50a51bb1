"""Stippling: dots of ink, the denser the darker the view is."""

import numpy as np
from scipy import ndimage

from experiments.datasets.domains.scenes import Canvas, Scene

DOT = 0.7
"""px, deviation of a dot."""
DENSITY = 0.25
"""Dots for each pixel of black."""


def stipple(scene: Scene, rng: np.random.Generator) -> Canvas:
    """One ink on plain paper; the ground is left lighter than it was, so that the object stands out."""
    darkness = 1 - scene.brightness(ground=0.15)
    dots = rng.random(darkness.shape) < DENSITY * np.clip(1.6 * darkness, 0, 1)
    ink = np.clip(ndimage.gaussian_filter(dots.astype(float), DOT) * 2 * np.pi * DOT**2, 0, 1)[..., None]
    drawn: Canvas = ink * rng.uniform(0.0, 0.35, size=3) + (1 - ink) * rng.uniform(0.85, 1.0, size=3)
    return drawn
