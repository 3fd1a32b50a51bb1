"""Three kinds of noise. The amounts are those that were published for ImageNet, at any side: noise has no length."""

import numpy as np

from experiments.datasets.corruptions.kernels import Image

GAUSSIAN = (0.08, 0.12, 0.18, 0.26, 0.38)
PHOTONS = (60, 25, 12, 5, 3)
"""Of a white pixel."""
IMPULSES = (0.03, 0.06, 0.09, 0.17, 0.27)
"""Share of the values that become black or white."""


def gaussian_noise(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Each value with normal noise of its own."""
    return image + GAUSSIAN[severity] * rng.standard_normal(image.shape)


def shot_noise(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Each value as a count of photons."""
    photons = PHOTONS[severity]
    return rng.poisson(image * photons) / photons


def impulse_noise(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Some values black or white; those of a lower severity are among them."""
    drawn, white = rng.random(image.shape), rng.random(image.shape) < 0.5
    return np.where(drawn < IMPULSES[severity], white, image)
