"""Files that pretend to be pictures, or are pictures with something more in them: refused, or read as pixels and nothing else."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from experiments.contract.errors import InputError
from experiments.datasets import images
from experiments.datasets.images import cut_square, decode, png, read_image

pytestmark = pytest.mark.unit
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
RED, BLUE = (200, 10, 10), (10, 10, 200)


def encoded(form: str, *colors: tuple[int, int, int]) -> bytes:
    """A file with a picture for each color."""
    first, *others = [Image.new("RGB", (16, 16), color) for color in colors]
    file = io.BytesIO()
    first.save(file, format=form, **({"save_all": True, "append_images": others} if others else {}))
    return file.getvalue()


def refused(path: Path) -> InputError:
    with pytest.raises(InputError) as raised:
        read_image(path, field="image")
    assert raised.value.field == "image"
    assert "PNG, JPEG or WebP" in raised.value.remedy
    return raised.value


def bomb(side: int) -> bytes:
    """A PNG that says to be `side` px wide and high, in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.svg", SVG),
        ("drawing.png", SVG),
        ("page.png", POSTSCRIPT),
        ("scan.png", encoded("TIFF", RED)),
        ("old.png", encoded("BMP", RED)),
        ("moving.png", encoded("GIF", RED, BLUE)),
        ("page.jpg", encoded("PDF", RED)),
        ("half.webp", encoded("WEBP", RED)[:-8]),
    ],
)  # fmt: skip
def test_what_is_no_png_jpeg_or_webp_is_refused_whatever_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    assert name in refused(tmp_path / name).message


def test_format_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "photograph.png").write_bytes(encoded("JPEG", RED))

    assert read_image(tmp_path / "photograph.png", field="image").size == (16, 16)


# Above our limit; above Pillow's, which warns; above twice Pillow's; and as large as a PNG can say.
@pytest.mark.parametrize("side", [5_000, 12_000, 20_000, 2**31 - 1])
@pytest.mark.filterwarnings("error")
def test_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(side))

    assert "pixels" in refused(tmp_path / "bomb.png").message


def test_text_that_unpacks_to_more_than_a_picture_is_refused(tmp_path: Path) -> None:
    words = PngInfo()
    words.add_text("comment", "a" * 2**24, zip=True)
    Image.new("RGB", (16, 16)).save(tmp_path / "text.png", pnginfo=words)

    refused(tmp_path / "text.png")


def test_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    path.write_bytes(encoded("PNG", RED))
    os.truncate(path, images.MAX_BYTES + 1)

    assert "bytes" in refused(path).message
    with pytest.raises(InputError, match="bytes"):
        decode(path, field="image", span=(0, images.MAX_BYTES + 1))


def test_pipes_and_devices_are_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")

    assert "no file" in refused(tmp_path / "pipe.png").message
    assert "no file" in refused(Path("/dev/zero")).message


@pytest.mark.parametrize("form", ["PNG", "WEBP", "MPO"])
def test_of_a_moving_picture_the_first_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "moving").write_bytes(encoded(form, RED, BLUE))

    pixels = np.asarray(read_image(tmp_path / "moving", field="image"))

    assert np.abs(pixels[8, 8, :3].astype(int) - RED).max() < 20


def test_only_pixels_of_a_picture_go_on(tmp_path: Path) -> None:
    """A polyglot, which is an archive as well, with a place, a profile and words in it."""
    path, exif = tmp_path / "polyglot.jpg", Image.Exif()
    exif[0x010E] = "a secret place"
    Image.new("RGB", (16, 16), RED).save(path, exif=exif, icc_profile=b"a secret profile" * 20, comment="a secret word")
    path.write_bytes(path.read_bytes() + b"PK\x05\x06<script>a secret tail</script>")

    image = read_image(path, field="image")
    written = png(cut_square(image, (0, 0, 16, 16), side=16, gray=0))

    assert path.read_bytes().count(b"secret") > 3
    assert b"secret" not in written
    assert not Image.open(io.BytesIO(written)).info
