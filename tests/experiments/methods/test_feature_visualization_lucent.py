"""The engine lucent: the unit is raised and lowered, nothing is left behind, global generators go on as before."""

import numpy as np
import pytest
import torch

from experiments.methods.feature_visualization.lucent_engine import render_with_lucent
from experiments.methods.feature_visualization.render import Visualization
from tests.experiments.methods.visualizations import network, recipe, silent

pytestmark = pytest.mark.unit


def by_lucent(**fields: object) -> Visualization:
    return render_with_lucent(recipe(engine="lucent", **{"steps": 6, **fields}), model=network(), report=silent)


def hooks() -> int:
    return sum(len(module._forward_hooks) for module in network().network.modules())


@pytest.mark.parametrize("fields", [{}, {"parametrization": "pixel", "transforms": "none", "diversity": 1.0}])
def test_lucent_raises_and_lowers_the_activation(fields: dict[str, object]):
    up, down = (np.mean(by_lucent(sign=sign, **fields).activations) for sign in ("max", "min"))

    assert down < 0 < up


def test_lucent_optimizes_the_center_of_a_map():
    unit = "efficientnet_lite0.in1k/_blocks.3:5@c,c"

    reached = [np.mean(by_lucent(unit=unit, aggregation="position", steps=steps).activations) for steps in (1, 8)]

    assert reached[0] < reached[1]


def test_lucent_leaves_no_hooks_and_no_trace_in_the_generators():
    torch.manual_seed(5)
    np.random.seed(5)
    before, expected = hooks(), (torch.rand(1), np.random.rand())
    torch.manual_seed(5)
    np.random.seed(5)

    made = by_lucent(batch=1, steps=2)

    assert hooks() == before
    assert (torch.rand(1), np.random.rand()) == expected
    assert torch.equal(made.images, by_lucent(batch=1, steps=2).images)
