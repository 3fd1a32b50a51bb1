"""Reads image files that nobody vouches for, cuts square boxes out of them, and writes PNG. Used by all pools and makers."""

import hashlib
import io
import stat
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from experiments.contract.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP")
"""What is read, told by a file's content and not by its name; SVG, TIFF and all else that is or was programmable is not."""
MAX_PIXELS = 16_000_000
MAX_BYTES = 64 * 2**20
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What decoding a damaged or unfit picture raises."""
REMEDY = "Give a whole PNG, JPEG or WebP file of at most 16 million pixels and 64 MiB"
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
        InputError: There is no such file, or it is no image, is truncated, or is larger than is read.
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
        with open_foreign(path if span is None else _cut_out(path, span)) as image:
            width, height = image.size
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
    except UnidentifiedImageError as error:
        # Pillow would name the place in memory of what was cut out of an archive, another one each time.
        raise _unfit(path, field, "cannot be read (it is no image)", REMEDY) from error
    except UNREADABLE as error:
        raise _unfit(path, field, f"cannot be read ({error})", REMEDY) from error


def open_foreign(file: Path | io.BytesIO) -> Image.Image:
    """The first picture of a file that nobody vouches for, its header read and nothing decoded yet.

    Raises:
        FileNotFoundError, UnidentifiedImageError, ValueError: There is none, of none of `FORMATS`, or a larger one than is read.
    """
    if isinstance(file, Path) and not stat.S_ISREG(file.stat().st_mode):
        raise ValueError("it is no file")
    _require_bytes(file.stat().st_size if isinstance(file, Path) else file.getbuffer().nbytes)
    with warnings.catch_warnings():
        # Of sizes between Pillow's limit and twice that; ours is below both.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(file, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise ValueError(str(error)) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        image.close()
        raise ValueError(f"it has {width} x {height} pixels")
    return image


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
    _require_bytes(length)
    with path.open("rb") as archive:
        archive.seek(offset)
        return io.BytesIO(archive.read(length))


def _require_bytes(size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"it has {size} bytes")


def _unfit(path: Path, field: str, problem: str, remedy: str) -> InputError:
    return InputError(field=field, message=f"image {path} {problem}", remedy=remedy)
