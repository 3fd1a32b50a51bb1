"""Posters: smoothed colors in few steps with dark contours, as flat clip art has them."""

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage.color import rgb2gray

from experiments.datasets.domains.scenes import Canvas, Scene

SMOOTHED = 7
"""px, side of the median filter."""
CONTOUR = 0.25
"""Gradient of the brightness at which a contour is drawn."""


def posterized(scene: Scene, rng: np.random.Generator) -> Canvas:
    """Each color channel in three or four steps, richer than it was; the ground is one color."""
    shown = Image.fromarray(np.round(255 * scene.pixels).astype(np.uint8))
    smooth = np.asarray(shown.filter(ImageFilter.MedianFilter(SMOOTHED))) / 255
    gray = smooth.mean(axis=-1, keepdims=True)
    levels = int(rng.integers(3, 5))
    flat = np.round(np.clip(gray + 1.6 * (smooth - gray), 0, 1) * (levels - 1)) / (levels - 1)
    if scene.mask.min() < 0.5:
        flat = np.where(scene.mask[..., None] > 0.5, flat, rng.uniform(0.4, 1.0, size=3))
    brightness = rgb2gray(smooth)
    steep = np.hypot(ndimage.sobel(brightness, 0), ndimage.sobel(brightness, 1)) / 2 > CONTOUR
    outline = np.abs(ndimage.sobel(scene.mask, 0)) + np.abs(ndimage.sobel(scene.mask, 1)) > 1
    return np.where((steep | outline)[..., None], rng.uniform(0, 0.2), flat)
