"""Makes an image of the domains from what its name says: composes the view, then applies its style. Called by all readers."""

from functools import cache

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from experiments.datasets.domains.listing import DRAWN, PHOTOGRAPH, RENDITIONS, DomainImage
from experiments.datasets.domains.mixtures import mixed
from experiments.datasets.domains.renditions import rendition
from experiments.datasets.domains.scenes import Canvas, compose, generator_of
from experiments.datasets.domains.sources import DomainSource, domain_sources


def read(image: DomainImage, *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The image at `side` px; the same bytes each time.

    Raises:
        InputError: The file of its source cannot be read.
    """
    pixels = np.round(255 * np.clip(_canvas(image), 0, 1)).astype(np.uint8)
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS))


def _canvas(image: DomainImage) -> Canvas:
    source = _by_name()[image.source]
    view = int(image.name.split(":")[-2])
    scene = compose(source, view=view)
    if image.style in (PHOTOGRAPH, DRAWN):
        return scene.pixels
    rng = generator_of(image.name)
    return rendition(image.style, scene, rng) if image.style in RENDITIONS else mixed(image.style, scene, rng)


@cache
def _by_name() -> dict[str, DomainSource]:
    return {source.name: source for source in domain_sources()}
