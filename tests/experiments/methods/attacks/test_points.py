"""Points lie where they are said to lie, on all sides of their image."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.methods.attacks.candidates import accepted
from experiments.methods.attacks.points import corner_points, distances, inner_points, inside, surface_points

pytestmark = pytest.mark.unit

KINDS = {"inner": inner_points, "surface": surface_points, "corner": corner_points}
NORMS = st.sampled_from(["linf", "l2"])
RADII, SEEDS = st.floats(0.01, 0.4), st.integers(0, 99)


def _drawn(kind, *, norm, radius, seed, image=None):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(1, 4, 4, generator=generator) if image is None else image
    return image, KINDS[kind](image, count=40, radius=radius, norm=norm, generator=generator)


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), norm=NORMS, radius=RADII, seed=SEEDS)
def test_points_are_in_the_ball_and_in_the_range(kind, norm, radius, seed):
    image, points = _drawn(kind, norm=norm, radius=radius, seed=seed)

    assert inside(points, image.expand_as(points), eps=radius, norm=norm).all()
    assert points.min() >= 0
    assert points.max() <= 1


@settings(max_examples=25, deadline=None)
@given(norm=NORMS, radius=RADII, seed=SEEDS)
def test_surface_points_are_at_the_radius_although_the_range_cuts_them(norm, radius, seed):
    # Half of the pixels at the ends of the range, where one direction has no room.
    image = torch.tensor([0.0, 1.0, 0.5, 0.6]).repeat(4).view(1, 4, 4)

    _, points = _drawn("surface", norm=norm, radius=radius, seed=seed, image=image)

    assert distances(points, image.expand_as(points), norm=norm).numpy() == pytest.approx(radius, rel=1e-4)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_points_go_both_ways_in_every_pixel(kind, norm):
    image = torch.full((1, 4, 4), 0.5)

    _, points = _drawn(kind, norm=norm, radius=0.1, seed=0, image=image)

    assert ((points > image).any(0) & (points < image).any(0)).all()


def test_corners_move_every_pixel_by_the_radius():
    image = torch.full((1, 4, 4), 0.5)

    _, points = _drawn("corner", norm="linf", radius=0.1, seed=0, image=image)

    torch.testing.assert_close((points - image).abs(), torch.full_like(points, 0.1))
    assert len({tuple(corner) for corner in points.flatten(1).tolist()}) == 40


def test_inner_points_of_the_l2_ball_are_uniform_in_it():
    image = torch.full((3,), 0.5)

    points = inner_points(image, count=4000, radius=0.3, norm="l2", generator=torch.Generator().manual_seed(0))

    # Of a ball of dimension 3 an eighth lies within half of the radius.
    assert (distances(points, image.expand_as(points), norm="l2") < 0.15).double().mean() == pytest.approx(1 / 8, abs=0.02)


def test_not_a_number_is_not_inside():
    images = torch.full((3, 1, 2, 2), 0.5)
    points = images.clone()
    points[0, 0, 0, 0] = torch.nan
    points[1, 0, 0, 0] = 0.7

    assert inside(points, images, eps=0.1, norm="linf").tolist() == [False, False, True]


@pytest.mark.parametrize("eps", [1e-8, 1e-5, 1e-3, 0.1])
def test_what_is_allowed_for_rounding_is_small_beside_the_radius(eps):
    images = torch.zeros(2, 1, 2, 2)
    points = images.clone()
    points[0], points[1] = 1.02 * eps, eps

    assert inside(points, images, eps=eps, norm="linf").tolist() == [False, True]


def test_rejection_sampler_replaces_what_is_refused():
    """The released code replaces nothing: it gives what it drew first."""
    generator = torch.Generator().manual_seed(0)

    found = accepted(
        lambda count: torch.rand(count, 1, generator=generator), lambda points: points[:, 0] < 0.1, count=20, rounds=100
    )

    assert len(found) == 20
    assert found.max() < 0.1
    assert len(found.unique()) == 20


def test_rejection_sampler_gives_up_after_its_rounds():
    rounds = []

    found = accepted(
        lambda count: rounds.append(count) or torch.ones(count, 1), lambda points: points[:, 0] < 0, count=3, rounds=7
    )

    assert (len(found), rounds) == (0, [3] * 7)
