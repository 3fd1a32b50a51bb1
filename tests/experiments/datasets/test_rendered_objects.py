"""The rendered set: its parts against other libraries, and what each factor does to the image."""

import colorsys

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from experiments.datasets.rendered_objects import FACTORS, _colors, _rotations, render

pytestmark = pytest.mark.unit
SIDE = 32
MIDDLE = torch.zeros(1, len(FACTORS))


def changed(factor: str, value: float) -> torch.Tensor:
    factors = MIDDLE.clone()
    factors[0, FACTORS.index(factor)] = value
    return render(factors, side=SIDE)[0].int()


def body(factor: str, value: float) -> np.ndarray:
    """Where the body is: there a change of its hue is seen."""
    factors = MIDDLE.clone()
    factors[0, FACTORS.index(factor)] = value
    other = factors.clone()
    other[0, FACTORS.index("hue_object")] = 0.9
    both = render(torch.cat([factors, other]), side=SIDE).int()
    return ((both[0] - both[1]).abs().sum(dim=0) > 0).numpy()


def test_colors_are_those_of_hue_saturation_and_value():
    hues = torch.linspace(0, 0.99, 50)

    colors = _colors(hues, saturation=0.6, brightness=0.9)

    np.testing.assert_allclose(colors, [colorsys.hsv_to_rgb(float(hue), 0.6, 0.9) for hue in hues], atol=1e-6)


def test_rotations_are_about_the_three_fixed_axes_one_after_another():
    angles = torch.rand(20, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 - 1.5

    np.testing.assert_allclose(_rotations(angles), Rotation.from_euler("xyz", angles.numpy()).as_matrix(), atol=1e-12)


def test_an_image_follows_from_its_factors_alone():
    factors = torch.rand(150, len(FACTORS), generator=torch.Generator().manual_seed(1)) * 2 - 1

    together = render(factors, side=8)

    assert torch.equal(together[[3, 140]], render(factors[[3, 140]], side=8))
    assert together.shape == (150, 3, 8, 8)


@pytest.mark.parametrize("factor", FACTORS)
def test_every_factor_is_seen_along_its_whole_range(factor):
    images = [changed(factor, value) for value in np.linspace(-1, 1, 7)]

    differences = [[float((one - other).abs().float().mean()) for other in images] for one in images]

    # No two are alike, those at the ends as little as others: nothing is periodic.
    assert min(differences[row][column] for row in range(7) for column in range(row)) > 0.2
    assert differences[0][6] > 1


def test_positions_move_the_body_to_the_right_and_up_and_away():
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    places = {name: [body(name, value) for value in (-1.0, 1.0)] for name in ("x", "y", "z")}
    left, right = places["x"]
    low, high = places["y"]
    near, far = places["z"]

    assert columns[right].mean() - columns[left].mean() > 0.25 * SIDE
    assert rows[low].mean() - rows[high].mean() > 0.25 * SIDE
    assert near.sum() > 1.5 * far.sum() > 0
