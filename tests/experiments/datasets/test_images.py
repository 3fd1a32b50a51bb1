"""Reading files that nobody vouches for, and cutting."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.images import cut_square, decode, png, read_image

pytestmark = pytest.mark.unit


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, size=shape, dtype=np.uint8)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_read_image_refuses_what_is_no_image(tmp_path: Path, content: bytes):
    path = tmp_path / "bad.png"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"bad\.png") as raised:
        read_image(path, field="image")

    assert raised.value.field == "image"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_read_image_refuses_a_truncated_image(tmp_path: Path, suffix: str):
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise(64, 64, 3)).save(path)
    path.write_bytes(path.read_bytes()[:-2000])

    with pytest.raises(InputError, match="cut"):
        read_image(path, field="image")


def test_read_image_refuses_a_giant_image_by_its_header(tmp_path: Path):
    path = tmp_path / "giant.png"
    Image.new("1", (20_000, 20_000)).save(path)

    with pytest.raises(InputError, match="giant"):
        read_image(path, field="image")


def test_read_image_refuses_what_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        read_image(tmp_path / "none.png", field="image")


def test_read_image_turns_pictures_upright(tmp_path: Path):
    path, exif = tmp_path / "turned.png", Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10)).save(path, exif=exif)

    assert read_image(path, field="image").size == (10, 30)


def test_cut_square_without_scaling_is_a_slice():
    pixels = noise(20, 30, 3)

    cut = cut_square(Image.fromarray(pixels), (5, 3, 15, 13), side=10, gray=0)

    assert np.array_equal(cut, pixels[3:13, 5:15])


def test_cut_square_fills_what_lies_beyond_and_what_is_transparent():
    pixels = np.full((4, 4, 4), 255, dtype=np.uint8)
    pixels[:, :2, 3] = 0

    cut = cut_square(Image.fromarray(pixels), (-2, -2, 6, 6), side=8, gray=100)

    expected = np.full((8, 8), 100)
    expected[2:6, 4:6] = 255
    assert np.array_equal(cut, np.repeat(expected[..., None], 3, axis=2))


def test_png_keeps_every_pixel(tmp_path: Path):
    pixels = noise(7, 9, 3)
    (tmp_path / "image.png").write_bytes(png(pixels))

    assert np.array_equal(np.asarray(Image.open(tmp_path / "image.png")), pixels)


@pytest.mark.parametrize("orientation", [1, 6])
def test_decode_makes_a_large_jpeg_small_and_knows_its_size(tmp_path: Path, orientation: int):
    path, exif = tmp_path / "large.jpg", Image.Exif()
    exif[0x0112] = orientation
    smooth = Image.fromarray(noise(6, 8, 3)).resize((800, 600), Image.Resampling.BICUBIC)
    smooth.save(path, quality=95, exif=exif)

    small, whole = decode(path, field="image", shorter_side=100), decode(path, field="image")

    assert small.size == whole.size == ((800, 600) if orientation == 1 else (600, 800))
    assert small.image.width == whole.image.width // 4
    one = np.asarray(small.image.resize((64, 64)), dtype=float)
    other = np.asarray(whole.image.resize((64, 64)), dtype=float)
    # Gray values of 255.
    assert np.abs(one - other).mean() < 2
