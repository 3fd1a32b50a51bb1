"""A sheet of images of the three domains, a row for each style. Called by the run."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from experiments.datasets.domains import DOMAINS, domain_images, read
from experiments.datasets.images import png

SIDE, COLUMNS, GAP, MARGIN = 96, 8, 4, 120
INK = (31, 41, 55)


def sheet_png() -> bytes:
    """Natural images first, then renditions, then ambiguous ones; by their names, evenly from all of a style."""
    listed = domain_images("test")
    rows = []
    for domain in DOMAINS:
        for style in dict.fromkeys(image.style for image in listed if image.domain == domain):
            some = [image for image in listed if image.style == style]
            chosen = [some[place] for place in np.linspace(0, len(some) - 1, COLUMNS).astype(int)]
            tiles = [np.pad(read(image, side=SIDE), ((0, GAP), (0, GAP), (0, 0)), constant_values=255) for image in chosen]
            rows.append(np.concatenate([_named(domain, style), *tiles], axis=1))
    return png(np.concatenate(rows))


def _named(domain: str, style: str) -> np.ndarray:
    """What stands before a row."""
    margin = Image.new("RGB", (MARGIN, SIDE + GAP), "white")
    words = f"{domain}\n{style.replace('_', ' ')}"
    ImageDraw.Draw(margin).multiline_text((8, SIDE // 2), words, fill=INK, font=ImageFont.load_default(13), anchor="lm")
    return np.asarray(margin)
