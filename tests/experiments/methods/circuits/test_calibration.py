"""The gate's constants and the condition under which it is exact."""

import pytest
import torch

from experiments.contract.errors import InputError
from experiments.methods.circuits.calibration import Constants, Extremes, calibrated, require_exact

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (0.0, 6.0), (-8.0, -1.0), (-1e-3, 2e-3)])
def test_constants_leave_the_published_margins(low: float, high: float):
    constants = calibrated(Extremes(low=low, high=high))

    assert constants.b > -low
    assert constants.k >= constants.b + 2 * max(-low, high)
    assert constants.slack(Extremes(low=low, high=high)) > 0
    # Twice what was seen is still exact.
    assert constants.slack(Extremes(low=min(low, 2 * low) * 0.99, high=2 * high)) > 0


@pytest.mark.parametrize("extremes", [Extremes(low=-11.0, high=0.0), Extremes(low=0.0, high=91.0)])
def test_gate_that_would_be_ajar_is_refused(extremes: Extremes):
    with pytest.raises(InputError, match="ajar"):
        require_exact(Constants(k=100.0, b=10.0), extremes)


def test_extremes_are_those_of_all_outputs():
    outputs = [torch.tensor([[1.0, -2.0]]), torch.tensor([[7.0, 0.0]])]

    assert Extremes.of(outputs) == Extremes(low=-2.0, high=7.0)


def test_layer_that_cannot_be_switched_is_refused():
    with pytest.raises(InputError, match="nothing but 0"):
        calibrated(Extremes(low=0.0, high=0.0))
    with pytest.raises(InputError, match="NaN"):
        Extremes.of([torch.tensor([[float("nan")]])])
