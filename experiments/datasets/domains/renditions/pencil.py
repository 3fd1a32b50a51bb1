"""Pencil sketches: the brightness divided by its blurred self, which leaves strokes where it changes, on grained paper."""

import numpy as np
from scipy import ndimage

from experiments.datasets.domains.scenes import Canvas, Scene

LEAST = 1e-2


def pencil(scene: Scene, rng: np.random.Generator) -> Canvas:
    """The negative blurred and dodged into the brightness, in grays."""
    brightness = scene.brightness(ground=0.4)
    blurred = ndimage.gaussian_filter(1 - brightness, rng.uniform(3.0, 6.0))
    dodged = np.clip(brightness / np.maximum(1 - blurred, LEAST), 0, 1) ** rng.uniform(2.0, 4.0)
    grain = rng.standard_normal(brightness.shape) * 0.03
    drawn: Canvas = np.clip((dodged + grain)[..., None] * rng.uniform(0.9, 1.0, size=3), 0, 1)
    return drawn
