"""Composes a view: an object on a ground, or a crop of a photograph, with the mask of the object. Called by `rendering`."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image
from skimage.color import rgb2gray

from experiments.datasets.domains.sources import DomainSource, domain_sources
from experiments.datasets.images import read_image

SIDE = 160
"""px at which everything is made; smaller and larger images are this one resampled."""
SMALLEST, LARGEST = 0.6, 0.95
"""Longer side of an object, as fractions of the canvas."""
TURN = 20.0
"""Degrees by which an object is turned at most."""
TEXTURED = 0.4
"""Share of grounds that are noise with the spectrum of natural images."""

Canvas = Float[np.ndarray, "height width 3"]
Mask = Float[np.ndarray, "height width"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A picture in [0, 1] and where its object is; of a photograph the object is everywhere."""

    pixels: Canvas
    mask: Mask

    def brightness(self, *, ground: float) -> Mask:
        """In [0, 1]; that of the ground has so much of its darkness alone, as one leaves out what surrounds an object."""
        darkness = (1 - rgb2gray(self.pixels)) * (ground + (1 - ground) * self.mask)
        return np.asarray(1 - darkness)


def generator_of(name: str) -> np.random.Generator:
    """Randomness that follows from a name alone."""
    return np.random.default_rng([zlib.crc32(name.encode()), len(name)])


def compose(source: DomainSource, *, view: int) -> Scene:
    """A view of a source as a photograph shows it: object and ground are photographed, or the ground is a natural texture."""
    rng = generator_of(f"{source.name}:{view}")
    if source.kind == "photograph":
        return Scene(pixels=_crop(_opened(source.path), rng), mask=np.ones((SIDE, SIDE)))
    cut_out = _placed(_opened(source.path), rng)
    ground = _ground(source, rng) if source.kind == "object" else _paper(rng)
    mask = cut_out[..., 3]
    # As under other lights.
    shown = np.clip(cut_out[..., :3] * rng.uniform(0.8, 1.15), 0, 1) if source.kind == "object" else cut_out[..., :3]
    return Scene(pixels=mask[..., None] * shown + (1 - mask[..., None]) * ground, mask=mask)


def _placed(image: Image.Image, rng: np.random.Generator) -> Float[np.ndarray, "height width 4"]:
    """An object turned, mirrored half of the time, and placed on a transparent canvas."""
    shape = image.convert("RGBA")
    shape.thumbnail((2 * SIDE, 2 * SIDE))
    if rng.random() < 0.5:
        shape = shape.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    shape = shape.rotate(rng.uniform(-TURN, TURN), resample=Image.Resampling.BICUBIC, expand=True)
    box = shape.getchannel("A").getbbox()
    shape = shape.crop(box)
    scale = rng.uniform(SMALLEST, LARGEST) * SIDE / max(shape.size)
    size = (max(1, round(shape.width * scale)), max(1, round(shape.height * scale)))
    left, top = ((SIDE - np.array(size)) * rng.uniform(size=2)).astype(int)
    canvas = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    canvas.paste(shape.resize(size, Image.Resampling.BICUBIC), (int(left), int(top)))
    return np.asarray(canvas) / 255


def _ground(source: DomainSource, rng: np.random.Generator) -> Canvas:
    """A crop of a photograph of the same part, or a texture."""
    if rng.random() < TEXTURED:
        return _texture(rng)
    of_part = [other for other in domain_sources() if other.kind == "photograph" and other.part == source.part]
    return _crop(_opened(of_part[rng.integers(len(of_part))].path), rng)


def _crop(image: Image.Image, rng: np.random.Generator) -> Canvas:
    """A square of a photograph, mirrored half of the time."""
    side = min(image.size) * rng.uniform(0.35, 0.9)
    left, top = rng.uniform(size=2) * (np.array(image.size) - side)
    piece = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    pixels = np.asarray(piece) / 255
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def _texture(rng: np.random.Generator) -> Canvas:
    """Noise of any color whose amplitudes fall as one over the frequency, as those of natural images do (Field 1987)."""
    frequencies = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) / np.maximum(frequencies, 1 / SIDE)
    waves = np.fft.irfft2(spectrum, s=(SIDE, SIDE))
    waves /= waves.std()
    grain = rng.standard_normal((SIDE, SIDE, 3)) * 0.02
    return np.clip(rng.uniform(0.25, 0.75, size=3) + 0.12 * waves[..., None] * rng.uniform(0.5, 1.5, size=3) + grain, 0, 1)


def _paper(rng: np.random.Generator) -> Canvas:
    """A plain light color."""
    return np.broadcast_to(rng.uniform(0.75, 1.0, size=3), (SIDE, SIDE, 3)).copy()


@lru_cache(maxsize=16)
def _opened(path: Path) -> Image.Image:
    return read_image(path, field="images")
