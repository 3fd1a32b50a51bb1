"""Band-limited noise as backgrounds, so that an object is not told from its surroundings by a single color."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

WAVES = 6
SLOWEST, FASTEST = 0.5, 4.0
"""Periods across the image."""
CONTRAST = 0.12
"""Amplitude of a wave, of the range of colors."""


def textures(generators: Sequence[np.random.Generator], *, side: int) -> Float[np.ndarray, "scene side side 3"]:
    """A texture from each generator: a few plane waves of random direction, period, phase and color around middle gray."""
    drawn = np.stack([one.random((WAVES, 6)) for one in generators]).astype(np.float32)
    angle = 2 * np.pi * drawn[..., 0]
    speed = 2 * np.pi * (SLOWEST + (FASTEST - SLOWEST) * drawn[..., 1])
    grid = ((np.arange(side) + 0.5) / side).astype(np.float32)
    along_x = (speed * np.cos(angle))[..., None, None] * grid[None, :]
    along_y = (speed * np.sin(angle))[..., None, None] * grid[:, None]
    waves = np.cos(along_x + along_y + 2 * np.pi * drawn[..., 2, None, None])
    colors = CONTRAST * (2 * drawn[..., 3:] - 1)
    flat = waves.reshape(len(drawn), WAVES, -1).transpose(0, 2, 1) @ colors
    return np.asarray(0.5 + flat.reshape(len(drawn), side, side, 3), dtype=np.float32)
