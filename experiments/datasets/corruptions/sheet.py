"""A contact sheet of an image under all corruptions, to be looked at. Called by papers' figures and by hand."""

import numpy as np
from jaxtyping import Float, UInt8

from experiments.datasets.corruptions.kernels import Image
from experiments.datasets.corruptions.kinds import KINDS, SEVERITIES, corrupted

GAP = 2


def contact_sheet(image: Image, *, seed: int, zoom: int = 1) -> UInt8[np.ndarray, "rows columns channel"]:
    """A row for each kind, in the order of `KINDS`; first the image, then its severities."""
    rows = []
    for kind in KINDS:
        tiles = [image, *(corrupted(image[None], kind=kind, severity=severity, seed=seed)[0] for severity in SEVERITIES)]
        rows.append(np.concatenate([_tile(tile, zoom=zoom) for tile in tiles], axis=1))
    return np.concatenate(rows)


def _tile(image: Float[np.ndarray, "side side channel"], *, zoom: int) -> UInt8[np.ndarray, "height width channel"]:
    pixels = np.round(255 * image).astype(np.uint8).repeat(zoom, axis=0).repeat(zoom, axis=1)
    return np.pad(pixels, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)
