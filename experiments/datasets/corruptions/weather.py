"""Snow, frost and fog. Frost is drawn, as ridges of fractal noise, where the published code pastes photographs of it."""

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from experiments.datasets.corruptions.kernels import Image, convolved, fractal, length, streak

SNOW = ((0.95, 0.9), (0.9, 0.8), (0.85, 0.75), (0.8, 0.7), (0.75, 0.6))
"""Share of the sky without flakes, and how much of the image stays as it is; the rest is whitened."""
FLAKE, FALL = 2.0, 12.0
"""px at 224 px: size of a flake, length of its trace."""
FROST = ((0.95, 0.25), (0.85, 0.4), (0.75, 0.55), (0.7, 0.68), (0.6, 0.85))
"""What stays of the image, and how much frost is added."""
CRYSTALS, SHARPNESS = 1.4, 3.0
FOG = (0.8, 1.2, 1.6, 2.1, 2.8)
"""Fog added to an image whose brightest value is 1, before both are scaled back."""
CLOUDS = 1.7


def snow(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Falling flakes before a whitened image."""
    clear, kept = SNOW[severity]
    sky = ndimage.gaussian_filter(rng.standard_normal(image.shape[:2]), length(FLAKE, side=len(image)), mode="wrap")
    # The same sky at every severity: with a lower threshold more of it is flakes.
    flakes = np.clip((sky - np.quantile(sky, clear)) / sky.std(), 0, 1)
    falling = convolved(flakes[..., None], streak(length(FALL, side=len(image)), angle=rng.uniform(np.pi / 4, 3 * np.pi / 4)))
    whitened = np.maximum(image, 0.5 * image.mean(axis=-1, keepdims=True) + 0.5)
    return np.asarray(kept * image + (1 - kept) * whitened + 2 * falling)


def frost(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Crystals: thin bright ridges where two layers of fractal noise are near their middle."""
    kept, added = FROST[severity]
    layers = [_ridges(len(image), rng=rng) for _ in range(2)]
    crystals = np.maximum(*layers) * (0.5 + 0.5 * fractal(len(image), power=CLOUDS, rng=rng))
    return np.asarray(kept * image + added * crystals[..., None])


def fog(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Bright clouds over the image, whose contrast falls."""
    amount = FOG[severity]
    clouds = fractal(len(image), power=CLOUDS, rng=rng)[..., None]
    return (image + amount * clouds) / (1 + amount)


def _ridges(side: int, *, rng: np.random.Generator) -> Float[np.ndarray, "side side"]:
    noise = fractal(side, power=CRYSTALS, rng=rng)
    return np.asarray((1 - np.abs(2 * noise - 1)) ** SHARPNESS)
