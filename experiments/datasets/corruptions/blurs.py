"""Four kinds of blur: out of focus, through frosted glass, by motion, by zooming."""

import numpy as np
from scipy import ndimage

from experiments.datasets.corruptions.kernels import Image, convolved, disc, length, streak

RADII = (3.0, 4.0, 6.0, 8.0, 10.0)
"""px at 224 px, as all lengths here."""
GLASS = ((0.7, 1.0), (0.9, 2.0), (1.0, 3.0), (1.1, 4.0), (1.5, 6.0))
"""Blur before and after, and the farthest that a pixel is taken from."""
STREAKS = (10.0, 15.0, 20.0, 27.0, 35.0)
ZOOMS = (1.11, 1.16, 1.21, 1.26, 1.31)
"""The largest of the enlargements that are averaged."""
COPIES = 11


def defocus_blur(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """Every point becomes a disc."""
    return convolved(image, disc(length(RADII[severity], side=len(image))))


def glass_blur(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Every pixel is taken from somewhere near, between two slight blurs.

    Where the published code swaps pixels one after the other, here each is looked up at a place of its own, between pixels.
    """
    sigma, farthest = (length(pixels, side=len(image)) for pixels in GLASS[severity])
    height, width, _ = image.shape
    moved = np.indices((height, width)) + farthest * rng.uniform(-1, 1, size=(2, height, width))
    return _smooth(_looked_up(_smooth(image, sigma=sigma), moved), sigma=sigma)


def motion_blur(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Every point becomes a fading streak, within 45 degrees of the horizontal."""
    angle = rng.uniform(-np.pi / 4, np.pi / 4)
    return convolved(image, streak(length(STREAKS[severity], side=len(image)), angle=angle))


def zoom_blur(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """The mean of enlargements about the center, from none to the largest."""
    height, width, _ = image.shape
    center = (np.array([height, width]) - 1)[:, None, None] / 2
    grid = np.indices((height, width)) - center
    enlarged = [_looked_up(image, center + grid / zoom) for zoom in np.linspace(1, ZOOMS[severity], COPIES)]
    return np.asarray(np.mean(enlarged, axis=0))


def _smooth(image: Image, *, sigma: float) -> Image:
    return np.asarray(ndimage.gaussian_filter(image, (sigma, sigma, 0), mode="reflect"))


def _looked_up(image: Image, places: np.ndarray) -> Image:
    channels = [ndimage.map_coordinates(channel, places, order=1, mode="reflect") for channel in np.moveaxis(image, -1, 0)]
    return np.stack(channels, axis=-1)
