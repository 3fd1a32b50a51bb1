"""The rules that choose an occluded copy without seeing the unit, on images where the answer is known."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.datasets.pool import open_pool
from experiments.methods.occlusion_rules import rule_choices
from experiments.methods.spectral_residual import spectral_residual

pytestmark = pytest.mark.unit


def noise(side: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, size=(side, side, 3), dtype=np.uint8)


def test_center_chooses_the_square_farther_from_the_center():
    choices = rule_choices(noise(224), positions={"min": (0, 0), "max": (70, 60)}, patch=90, size=224)

    assert choices["center"] == "min"


@given(positions=st.tuples(*[st.integers(0, 67)] * 4))
def test_center_follows_the_published_formula(positions: tuple[int, int, int, int]):
    top, left, other_top, other_left = (2 * position for position in positions)
    # The image's center is 111.5; a square's is its start plus half its size.
    starts = ((top, left), (other_top, other_left))
    distances = [math.dist((y + 45, x + 45), (111.5, 111.5)) for y, x in starts]

    choices = rule_choices(noise(224), positions={"min": (top, left), "max": (other_top, other_left)}, patch=90, size=224)

    expected = None if math.isclose(*distances, abs_tol=1e-9) else ("min", "max")[int(distances[1] > distances[0])]
    assert choices["center"] == expected


def test_variance_chooses_the_square_that_covers_less_of_it():
    pixels = noise(64)
    pixels[:, :32] = 100

    assert rule_choices(pixels, positions={"min": (10, 4), "max": (10, 40)}, patch=16, size=64)["variance"] == "min"
    assert rule_choices(pixels, positions={"min": (10, 40), "max": (10, 4)}, patch=16, size=64)["variance"] == "max"


def test_variance_takes_all_channels_together():
    # A plain color varies over its channels although no pixel differs from its neighbor.
    pixels = np.full((64, 64, 3), 128, dtype=np.uint8)
    pixels[:, :32] = (255, 0, 0)

    assert rule_choices(pixels, positions={"min": (10, 4), "max": (10, 40)}, patch=16, size=64)["variance"] == "max"


def test_saliency_chooses_the_square_that_does_not_cover_what_stands_out():
    pixels = np.full((64, 64, 3), 120, dtype=np.uint8)
    pixels[::4] = 130
    pixels[40:48, 40:48] = (250, 20, 20)

    choices = rule_choices(pixels, positions={"min": (36, 36), "max": (4, 4)}, patch=16, size=64)

    assert choices["saliency"] == "max"


def test_equal_squares_leave_no_choice():
    pixels = np.full((64, 64, 3), 90, dtype=np.uint8)

    choices = rule_choices(pixels, positions={"min": (4, 10), "max": (10, 4)}, patch=16, size=64)

    assert choices == {"center": None, "variance": None, "saliency": None}


@pytest.mark.parametrize("shown", [32, 64, 96])
def test_squares_are_looked_at_where_they_are_shown(shown: int):
    pixels = noise(shown)
    pixels[:, : shown // 2] = 100

    choices = rule_choices(pixels, positions={"min": (10, 4), "max": (10, 40)}, patch=16, size=64)

    assert choices["variance"] == "min"


def plain_spectral_residual(gray: list[list[float]]) -> np.ndarray:
    """The definition, term by term: transforms as sums, means and smoothing as loops."""
    side = len(gray)
    turns = [[cmath.exp(-2j * math.pi * a * b / side) for b in range(side)] for a in range(side)]
    wave = np.array(turns)
    spectrum = wave @ np.array(gray) @ wave.T
    logs = np.log(np.abs(spectrum) + 1e-9)
    residual = np.empty((side, side))
    for row in range(side):
        for column in range(side):
            rows = [min(max(row + d, 0), side - 1) for d in (-1, 0, 1)]
            columns = [min(max(column + d, 0), side - 1) for d in (-1, 0, 1)]
            residual[row, column] = logs[row, column] - sum(logs[r, c] for r in rows for c in columns) / 9
    back = wave.conj() @ (np.exp(residual) * spectrum / np.abs(spectrum)) @ wave.conj().T / side**2
    salient = np.abs(back) ** 2
    reach = range(-10, 11)
    weights = np.array([math.exp(-(d**2) / (2 * 2.5**2)) for d in reach])
    weights /= weights.sum()
    padded = np.pad(salient, 10)
    rows_done = sum(weight * padded[d + 10 : d + 10 + side] for weight, d in zip(weights, reach, strict=True))
    return sum(weight * rows_done[:, d + 10 : d + 10 + side] for weight, d in zip(weights, reach, strict=True))


def test_spectral_residual_equals_its_definition():
    pixels = open_pool("photographs", size=10, seed=1).read(3, side=64).pixels
    gray = pixels @ np.array([299, 587, 114]) / 1000 / 255

    ours = spectral_residual(pixels)

    assert np.abs(ours - plain_spectral_residual(gray.tolist())).max() < 1e-3 * ours.max()


def test_spectral_residual_finds_the_odd_one_out():
    pixels = np.full((128, 128, 3), 128, dtype=np.uint8)
    for row in range(8, 128, 16):
        for column in range(8, 128, 16):
            pixels[row : row + 2, column : column + 6] = 255
    pixels[72:78, 72:80] = 128
    pixels[72:78, 74:76] = 255

    row, column = np.unravel_index(spectral_residual(pixels).argmax(), (128, 128))

    assert abs(row - 75) < 8
    assert abs(column - 75) < 8


def test_spectral_residual_of_one_color_is_zero():
    assert spectral_residual(np.full((30, 40, 3), 77, dtype=np.uint8)).tolist() == np.zeros((30, 40)).tolist()
