"""Widths of intervals against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.contract.intervals import t_threshold, wilson_half_width
from experiments.methods.statistics.intervals import wilson_interval

pytestmark = pytest.mark.unit


@given(answers=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_half_width_is_half_of_scipys_interval(answers: int, share: float):
    right = round(share * answers)

    interval = wilson_interval(right, trials=answers)

    assert float(wilson_half_width(right / answers, answers=answers)) == pytest.approx(
        (interval.high - interval.low) / 2, abs=1e-9
    )


def test_wilson_half_width_without_answers_is_the_whole_range():
    assert wilson_half_width([0.0, 0.5, 1.0], answers=0) == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(("degrees", "rate"), [(1, 0.0562), (2, 0.0507), (3, 0.0501), (4, 0.05), (9.7, 0.05), (1e6, 0.05)])
def test_t_threshold_is_exceeded_as_often_as_documented(degrees: float, rate: float):
    assert 2 * stats.t.sf(t_threshold(degrees), degrees) == pytest.approx(rate, abs=5e-5)


def test_t_threshold_takes_arrays():
    degrees = np.array([5.0, 50.0])

    assert t_threshold(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-4)
