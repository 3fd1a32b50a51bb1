"""Oil paintings: of four squares around a pixel the mean of the one that varies least (Kuwahara et al. 1976)."""

import numpy as np
from scipy import ndimage

from experiments.datasets.domains.scenes import Canvas, Scene


def painting(scene: Scene, rng: np.random.Generator) -> Canvas:
    """Flat brush strokes with sharp borders, in stronger colors, on canvas with a weave."""
    side = int(rng.choice([9, 11, 13]))
    strokes = _kuwahara(scene.pixels + rng.standard_normal(scene.pixels.shape) * 0.05, side=side)
    gray = strokes.mean(axis=-1, keepdims=True)
    rows, columns = np.indices(scene.mask.shape)
    weave = 0.04 * (np.sin(rows * np.pi / 2) + np.sin(columns * np.pi / 2))[..., None]
    painted: Canvas = np.clip(gray + rng.uniform(1.3, 1.8) * (strokes - gray) + weave, 0, 1)
    return painted


def _kuwahara(pixels: Canvas, *, side: int) -> Canvas:
    means = ndimage.uniform_filter(pixels, size=(side, side, 1))
    squares = ndimage.uniform_filter(pixels**2, size=(side, side, 1))
    spread = (squares - means**2).sum(axis=-1)
    half = side // 2
    corners = [(down, right) for down in (-half, half) for right in (-half, half)]
    spreads = np.stack([np.roll(spread, corner, axis=(0, 1)) for corner in corners])
    shifted = np.stack([np.roll(means, corner, axis=(0, 1)) for corner in corners])
    chosen = spreads.argmin(axis=0)
    calmest: Canvas = np.take_along_axis(shifted, chosen[None, ..., None], axis=0)[0]
    return calmest
