"""Ambiguous images: partly photograph, partly rendition. Called by `rendering`."""

import numpy as np
from scipy import ndimage

from experiments.datasets.domains.listing import RENDITIONS
from experiments.datasets.domains.renditions import rendition
from experiments.datasets.domains.scenes import SIDE, Canvas, Mask, Scene

OPERATIONS = tuple(style for style in RENDITIONS if style != "silhouette")
"""A silhouette leaves nothing of a photograph to mix with."""
SOFTNESS = 4.0
"""px over which one part of an image passes into the other."""


def mixed(style: str, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A view in one of the styles of `listing.MIXED`.

    `blend` is a weighted mean of photograph and rendition everywhere, `stylized_part` a rendition on one side of a line,
    `drawn_object` a rendered object on its photographed ground, `collage` a photographed object on a rendered ground.
    """
    drawn = rendition(OPERATIONS[rng.integers(len(OPERATIONS))], scene, rng)
    share = _share(style, scene.mask, rng)[..., None]
    mixture: Canvas = share * drawn + (1 - share) * scene.pixels
    return mixture


def _share(style: str, mask: Mask, rng: np.random.Generator) -> Mask:
    """Of the rendition, at each pixel."""
    if style == "blend":
        return np.full(mask.shape, rng.uniform(0.4, 0.6))
    if style == "stylized_part":
        angle = rng.uniform(0, 2 * np.pi)
        rows, columns = np.indices(mask.shape) / SIDE - 0.5
        side = np.cos(angle) * columns + np.sin(angle) * rows > rng.uniform(-0.1, 0.1)
        softened: Mask = ndimage.gaussian_filter(side.astype(float), SOFTNESS)
        return softened
    return mask if style == "drawn_object" else 1 - mask
