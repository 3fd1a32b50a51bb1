"""Curves drawn from journals: every number of every evaluation where it belongs, and nothing of what is no number."""

import pytest

from webapp.runs.curves import HEIGHT, MOST_POINTS, WIDTH, curves_of

pytestmark = pytest.mark.unit


def test_curve_has_a_line_for_each_seed_from_corner_to_corner() -> None:
    journal = [{"step": 10, "r2": [0.0, 1.0]}, {"step": 20, "r2": [0.5, 1.0]}, {"step": 30, "r2": [1.0, 1.0]}]

    (curve,) = curves_of(journal)

    assert curve.lines == ["0.0,100.0 150.0,50.0 300.0,0.0", "0.0,0.0 150.0,0.0 300.0,0.0"]
    assert (curve.low, curve.high, curve.last, curve.first_step, curve.last_step) == (0.0, 1.0, [1.0, 1.0], 10, 30)


def test_what_is_no_number_is_left_out() -> None:
    journal = [
        {"step": 1, "loss": 2.0, "note": "warm", "is_good": True, "mcc": None, "style": {"r2": 0.25}},
        {"step": 3, "loss": 1.0, "mcc": 0.5, "style": {"r2": None}},
    ]

    curves = {curve.name: curve for curve in curves_of(journal)}

    assert list(curves) == ["loss", "style: r2", "mcc"]
    # After its time, and in the middle where there is but one number.
    assert curves["mcc"].lines == ["300.0,50.0"]


def test_long_journal_keeps_its_ends() -> None:
    journal = [{"step": step, "loss": float(step)} for step in range(1, 1001)]

    (curve,) = curves_of(journal)

    points = curve.lines[0].split()
    assert len(points) <= MOST_POINTS + 1
    assert (points[0], points[-1]) == (f"0.0,{HEIGHT:.1f}", f"{WIDTH:.1f},0.0")
    assert curve.last == [1000.0]


@pytest.mark.parametrize("journal", [[], [{"loss": 1.0}], [{"step": 3}]])
def test_nothing_is_drawn_from_nothing(journal: list[dict[str, float]]) -> None:
    assert curves_of(journal) == []
