"""Reads image files that nobody vouches for, cuts square boxes out of them, and writes PNG. Used by all pools and makers."""

import hashlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from experiments.contract.errors import InputError

MAX_PIXELS = 16_000_000
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the image; it may reach beyond the image."""
Span: TypeAlias = tuple[int, int]
"""Offset and length in bytes of a file within an archive."""
SIDEWAYS = {5, 6, 7, 8}
"""Values of the Exif orientation that exchange width and height."""
ORIENTATION = 0x0112


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """An image as it was decoded, perhaps smaller than it is."""

    image: Image.Image
    """Upright, as RGB, or RGBA where it has transparent parts."""
    size: tuple[int, int]
    """Width and height in px of the whole image, upright."""


def read_image(path: Path, *, field: str) -> Image.Image:
    """The image in a file, upright, as RGB, or RGBA where it has transparent parts.

    Raises:
        InputError: There is no such file, or it is no image, is truncated, or has more than 16 million pixels.
    """
    return decode(path, field=field).image


def file_sha256(path: Path) -> str:
    """sha256 of a file, which tells the images apart that a path has named."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode(path: Path, *, field: str, span: Span | None = None, shorter_side: int | None = None) -> Decoded:
    """The image in a file, or in a span of an archive.

    A JPEG is decoded at a half, a quarter or an eighth of its size, which takes a fraction of the time, where its shorter side
    keeps `shorter_side` px even so.

    Raises:
        InputError: As `read_image`.
    """
    try:
        with Image.open(path if span is None else _cut_out(path, span)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _unfit(path, field, f"has {width} x {height} pixels", "Give one of at most 16 million pixels")
            if shorter_side is not None:
                image.draft(None, (shorter_side, shorter_side))
            turned = image.getexif().get(ORIENTATION) in SIDEWAYS
            upright = ImageOps.exif_transpose(image)
            return Decoded(
                image=upright.convert("RGBA" if upright.has_transparency_data else "RGB"),
                size=(height, width) if turned else (width, height),
            )
    except FileNotFoundError as error:
        raise _unfit(path, field, "does not exist", "Give the path of an image on the worker's machine") from error
    except Image.DecompressionBombError as error:
        raise _unfit(path, field, "is far too large", "Give one of at most 16 million pixels") from error
    except UnidentifiedImageError as error:
        # Pillow would name the place in memory of what was cut out of an archive, another one each time.
        raise _unfit(path, field, "cannot be read (it is no image)", "Give a whole PNG, JPEG or WebP file") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        if isinstance(error, InputError):
            raise
        raise _unfit(path, field, f"cannot be read ({error})", "Give a whole PNG, JPEG or WebP file") from error


def cut_square(image: Image.Image, box: Box, *, side: int, gray: int) -> UInt8[np.ndarray, "side side 3"]:
    """The square `box` of an image at `side` px, once resampled; what is transparent or beyond the image is plain gray."""
    left, top, right, bottom = box
    scale = side / (right - left)
    inside = (max(left, 0.0), max(top, 0.0), min(right, image.width), min(bottom, image.height))
    at = (round((inside[0] - left) * scale), round((inside[1] - top) * scale))
    size = (max(1, round((inside[2] - inside[0]) * scale)), max(1, round((inside[3] - inside[1]) * scale)))
    piece = image.resize(size, Image.Resampling.BICUBIC, box=inside, reducing_gap=3.0)
    canvas = Image.new("RGB", (side, side), (gray, gray, gray))
    canvas.paste(piece, at, piece if piece.mode == "RGBA" else None)
    return np.asarray(canvas)


def png(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The pixels as a PNG file; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _cut_out(path: Path, span: Span) -> io.BytesIO:
    offset, length = span
    with path.open("rb") as archive:
        archive.seek(offset)
        return io.BytesIO(archive.read(length))


def _unfit(path: Path, field: str, problem: str, remedy: str) -> InputError:
    return InputError(field=field, message=f"image {path} {problem}", remedy=remedy)
