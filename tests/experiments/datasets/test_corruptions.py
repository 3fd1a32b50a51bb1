"""The fifteen corruptions: ranges, severities, repeatability, and what each must leave as it is."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage import data
from skimage.color import rgb2hsv
from skimage.morphology import disk

from experiments.contract.errors import InputError
from experiments.datasets.corruptions.digital import CONTRASTS, QUALITIES, pixelated_sides
from experiments.datasets.corruptions.kernels import disc, streak
from experiments.datasets.corruptions.kinds import KINDS, SEVERITIES, corrupted
from experiments.datasets.corruptions.noise import GAUSSIAN, IMPULSES, PHOTONS
from experiments.datasets.corruptions.sheet import contact_sheet
from experiments.datasets.digits import labeled_digits

pytestmark = pytest.mark.unit

PHOTOGRAPH = data.astronaut()[:256:4, 100:356:4] / 255
DIGITS = labeled_digits("test", side=8).pixels[:24, ..., :1] / 255
BLURS = ("defocus_blur", "glass_blur", "motion_blur", "zoom_blur")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("images", [DIGITS, PHOTOGRAPH[None]], ids=["digits", "photograph"])
def test_corruption_grows_with_severity_in_range_and_shape(kind: str, images: np.ndarray) -> None:
    made = [corrupted(images, kind=kind, severity=severity, seed=1) for severity in SEVERITIES]

    assert {one.shape for one in made} == {images.shape}
    assert min(one.min() for one in made) >= 0
    assert max(one.max() for one in made) <= 1
    changes = [np.abs(one - images).mean() for one in made]
    # A small image has few sizes to be shrunk to, whose pixels fall now better, now worse.
    slack = 0.01 if kind == "pixelate" else 0.0
    assert all(after > before - slack for before, after in itertools.pairwise(changes))
    assert changes[-1] > 1.5 * changes[0]
    assert len({one.tobytes() for one in (images, *made)}) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_corruption_follows_from_seed_kind_and_place(kind: str) -> None:
    first, again = (corrupted(DIGITS, kind=kind, severity=3, seed=5) for _ in range(2))
    fewer = corrupted(DIGITS[:2], kind=kind, severity=3, seed=5)

    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:2], fewer)


@pytest.mark.parametrize("side", [8, 32, 224])
def test_every_side_is_corrupted(side: int) -> None:
    image = np.asarray(Image.fromarray(data.astronaut()).resize((side, side)), dtype=float)[None] / 255

    changes = [np.abs(corrupted(image, kind=kind, severity=5, seed=0) - image).mean() for kind in KINDS]

    assert min(changes) > 0.01


def test_noise_has_the_variance_of_its_law() -> None:
    gray = np.full((1, 200, 200, 1), 0.5)

    gaussian = corrupted(gray, kind="gaussian_noise", severity=1, seed=0)
    shots = corrupted(gray, kind="shot_noise", severity=1, seed=0)
    impulses = corrupted(gray, kind="impulse_noise", severity=4, seed=0)

    assert gaussian.std() == pytest.approx(GAUSSIAN[0], rel=0.02)
    assert shots.var() == pytest.approx(0.5 / PHOTONS[0], rel=0.05)
    assert (impulses != 0.5).mean() == pytest.approx(IMPULSES[3], rel=0.05)


@pytest.mark.parametrize("kind", BLURS)
def test_blurs_leave_a_plain_image_as_it_is(kind: str) -> None:
    gray = np.full((1, 40, 40, 3), 0.3)

    np.testing.assert_allclose(corrupted(gray, kind=kind, severity=5, seed=0), gray, atol=1e-12)


def test_kernels_are_a_disc_and_a_streak_to_one_side() -> None:
    round_one, line = disc(10.0), streak(9.0, angle=0.0)

    coarse = disk(10) / disk(10).sum()
    margin = (len(round_one) - len(coarse)) // 2
    assert np.abs(round_one - np.pad(coarse, margin)).sum() < 0.12
    center = len(line) // 2
    assert line[center].sum() == pytest.approx(1)
    assert line[:, :center].sum() == pytest.approx(0)


def test_defocus_is_the_convolution_with_its_disc() -> None:
    large = np.asarray(Image.fromarray(data.camera()).resize((224, 224)), dtype=float)[None, ..., None] / 255

    blurred = corrupted(large, kind="defocus_blur", severity=5, seed=0)

    np.testing.assert_allclose(blurred[0, ..., 0], ndimage.convolve(large[0, ..., 0], disc(10.0), mode="reflect"), atol=1e-9)


def test_digital_corruptions_do_what_libraries_do() -> None:
    brighter = corrupted(PHOTOGRAPH[None], kind="brightness", severity=2, seed=0)[0]
    flatter = corrupted(PHOTOGRAPH[None], kind="contrast", severity=5, seed=0)[0]
    saved = corrupted(PHOTOGRAPH[None], kind="jpeg_compression", severity=5, seed=0)[0]

    np.testing.assert_allclose(rgb2hsv(brighter)[..., 2], np.clip(rgb2hsv(PHOTOGRAPH)[..., 2] + 0.2, 0, 1), atol=1e-9)
    np.testing.assert_allclose(flatter.std(axis=(0, 1)), CONTRASTS[4] * PHOTOGRAPH.std(axis=(0, 1)))
    file = io.BytesIO()
    Image.fromarray(np.round(255 * PHOTOGRAPH).astype(np.uint8)).save(file, format="JPEG", quality=QUALITIES[4])
    np.testing.assert_allclose(saved, np.asarray(Image.open(file)) / 255)


def test_pixelated_image_has_blocks() -> None:
    blocks = corrupted(PHOTOGRAPH[None], kind="pixelate", severity=5, seed=0)[0].reshape(16, 4, 16, 4, 3)

    assert np.ptp(blocks, axis=(1, 3)).max() < 1e-6


@pytest.mark.parametrize(
    ("side", "sides"), [(8, [7, 6, 5, 4, 3]), (32, [30, 29, 27, 24, 21]), (224, [134, 112, 90, 67, 56]), (2, [1] * 5)]
)
def test_pixelated_sides_are_those_published_or_differ_by_a_pixel(side: int, sides: list[int]) -> None:
    assert pixelated_sides(side) == sides


@pytest.mark.parametrize("kind", KINDS)
def test_image_that_is_not_square_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="square") as caught:
        corrupted(PHOTOGRAPH[None, :, :40], kind=kind, severity=1, seed=0)

    assert caught.value.field == "images"


def test_contact_sheet_has_a_row_for_each_kind() -> None:
    sheet = contact_sheet(DIGITS[0], seed=0, zoom=4)

    assert sheet.shape == (15 * (8 * 4 + 4), 6 * (8 * 4 + 4), 1)


@pytest.mark.parametrize(("field", "changes"), [("kind", {"kind": "rain"}), ("severity", {"severity": 6})])
def test_unknown_corruption_is_refused(field: str, changes: dict[str, str | int]) -> None:
    with pytest.raises(InputError) as caught:
        corrupted(DIGITS, **{"kind": "snow", "severity": 1, "seed": 0, **changes})  # type: ignore[arg-type]

    assert caught.value.field == field


def test_images_of_255_values_are_refused() -> None:
    with pytest.raises(InputError, match="255"):
        corrupted(255 * DIGITS, kind="fog", severity=1, seed=0)
