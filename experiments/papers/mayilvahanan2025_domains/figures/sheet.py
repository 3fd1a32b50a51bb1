"""A sheet of images of the three domains, a row for each style. Called by the run."""

import numpy as np

from experiments.datasets.domains import DOMAINS, domain_images, read
from experiments.datasets.images import png

SIDE, COLUMNS, GAP = 96, 8, 4


def sheet_png() -> bytes:
    """Natural images first, then renditions, then ambiguous ones; by their names, evenly from all of a style."""
    listed = domain_images("test")
    rows = []
    for domain in DOMAINS:
        for style in dict.fromkeys(image.style for image in listed if image.domain == domain):
            some = [image for image in listed if image.style == style]
            chosen = [some[place] for place in np.linspace(0, len(some) - 1, COLUMNS).astype(int)]
            tiles = [np.pad(read(image, side=SIDE), ((0, GAP), (0, GAP), (0, 0)), constant_values=255) for image in chosen]
            rows.append(np.concatenate(tiles, axis=1))
    return png(np.concatenate(rows))
