"""Decodes the images of samples, several at a time; what cannot be decoded does not stop it. Used for fingerprints and labels."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.images import Span, decode

GROUND = (128, 128, 128)
"""Behind what is transparent."""
THREADS = 2
"""Decoding lets go of Python's lock."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An image of a sample."""

    image: Image.Image
    """Upright, RGB, perhaps smaller than it is."""
    pixels: int
    """Of the image as it is."""


def look(path: Path, spans: Int64[np.ndarray, "sample 2"], *, shorter_side: int) -> Sequence[Seen | str]:
    """The images at these offsets and lengths of a shard, or what is wrong with one; large JPEGs are reduced."""
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="look") as executor:
        return list(executor.map(lambda span: _look(path, (int(span[0]), int(span[1])), shorter_side), spans))


def _look(path: Path, span: Span, shorter_side: int) -> Seen | str:
    if span[1] == 0:
        return "has no image"
    try:
        decoded = decode(path, field="shards", span=span, shorter_side=shorter_side)
    except InputError as error:
        return error.message
    image = Image.new("RGB", decoded.image.size, GROUND)
    image.paste(decoded.image, mask=decoded.image if decoded.image.mode == "RGBA" else None)
    return Seen(image=image, pixels=decoded.size[0] * decoded.size[1])
