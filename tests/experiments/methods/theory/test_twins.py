"""The theory by execution: what decoders recover, and that twins are of their class, look the same and disagree."""

import numpy as np
import pytest

from experiments.methods.theory.table import disagreement, theory_table
from experiments.methods.theory.twins import TWINS, Twins
from experiments.methods.theory.visualizations import decode_affine, decode_constant, grid, visualize

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("slope", [-2.5, 0.0, 1e-3, 7.0])
def test_an_affine_function_of_one_input_is_recovered(slope):
    points = np.random.default_rng(0).uniform(size=(50, 1))

    decoded = decode_affine(visualize(lambda x: 0.3 + slope * x[:, 0], grid(1, steps=1)))

    np.testing.assert_allclose(decoded(points), 0.3 + slope * points[:, 0], atol=1e-12)


def test_a_constant_function_is_recovered_in_any_dimension():
    points = np.random.default_rng(0).uniform(size=(50, 3))

    decoded = decode_constant(visualize(lambda x: np.full(len(x), 4.2), grid(3, steps=2)))

    np.testing.assert_array_equal(decoded(points), np.full(50, 4.2))


@pytest.mark.parametrize(("name", "twins"), TWINS.items())
def test_twins_are_of_their_class_and_have_the_same_visualizations(name: str, twins: Twins):
    points = grid(twins.dimension, steps=100)
    seen = [visualize(function, points) for function in twins.functions]

    assert all(twins.is_member(function) for function in twins.functions), name
    assert seen[0].same_as(seen[1])
    # The extremes are unique, so that "the" visualization is one.
    for function in twins.functions:
        values = function(points)
        assert (values == values.max()).sum() == (values == values.min()).sum() == 1


@pytest.mark.parametrize(("name", "twins"), TWINS.items())
def test_twins_disagree_in_every_notion(name: str, twins: Twins):
    row = disagreement(name, twins, seed=1)

    assert min(row.value, row.nearer, row.larger) > 0.05


def test_every_affine_decoder_is_wrong_for_one_of_the_affine_twins():
    first, second = TWINS["affine, two inputs"].functions
    corner = np.array([[1.0, 0.0]])

    assert abs(first(corner) - second(corner)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("piecewise affine", lambda x: x[:, 0] ** 2),
        ("Lipschitz with constant 5", lambda x: 6 * x[:, 0]),
        ("Lipschitz with constant 0.01", lambda x: x[:, 0]),
        ("neural network that fits its training data", lambda x: x[:, 0] + 0.1),
        ("monotone, two inputs", lambda x: x[:, 0] - x[:, 1]),
        ("convex, two inputs", lambda x: -(x[:, 0] ** 2)),
        ("affine, two inputs", lambda x: x[:, 0] * x[:, 1]),
    ],
)
def test_membership_refuses_functions_of_other_classes(name, outside):
    assert not TWINS[name].is_member(outside)


def test_a_tiny_lipschitz_constant_bounds_the_value_and_no_other_notion():
    rows = {row["functions"]: row for row in theory_table(seed=0)}

    tiny = rows["Lipschitz with constant 0.01"]
    assert tiny["absolute"] <= 0.01
    assert tiny["nearer"] == rows["Lipschitz with constant 5"]["nearer"]
