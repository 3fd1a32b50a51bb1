"""The search of the diversity weight on closed forms and on a real unit, and the rule of the early stop."""

from pathlib import Path

import pytest

from experiments.methods.feature_visualization.diversity_search import search
from experiments.methods.feature_visualization.early_stop import GradientSettles
from tests.experiments.methods.visualizations import recipe
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("limit", [1.0, 3.7, 250.0, 99_000.0])
def test_search_comes_within_the_last_bisection_of_the_limit(limit: float):
    found = search(lambda weight: weight, lambda weight: weight <= limit)

    decade = next(10.0**i for i in range(7) if 10.0**i > limit)
    assert 0 <= limit - found.weight <= (decade - decade / 10) / 2**7
    assert found.made == found.weight
    assert len(found.attempts) == len([i for i in range(7) if 10.0**i <= decade]) + 7


def test_search_ends_at_the_greatest_weight():
    found = search(lambda weight: weight, lambda _weight: True)

    assert found.weight == 999_999
    assert found.attempts == [(10.0**i, True) for i in range(6)] + [(999_999, True)]


def test_search_falls_back_to_no_diversity():
    found = search(lambda weight: weight, lambda _weight: False)

    assert (found.weight, found.made) == (0.0, 0.0)
    assert found.attempts == [(1.0, False), (0.0, False)]


def test_search_begins_and_bisects_as_asked():
    found = search(lambda weight: weight, lambda weight: weight <= 5, first=2, factor=4, bisections=2)

    assert found.attempts == [(2, True), (8, False), (5, True), (6.5, False)]


def test_search_on_a_real_unit_takes_the_last_weight_that_was_accepted(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")

    made = workshop.obtain(recipe(steps=12, diversity=100.0, diversity_search=True, pool_size=20))

    accepted = [weight for weight, was_accepted in made.values["attempts"] if was_accepted]
    assert made.values["diversity"] == (max(accepted) if accepted else 0)
    assert made.values["below_natural"] == (not accepted and not made.values["attempts"][-1][1])
    fixed = workshop.obtain(recipe(steps=12, diversity=made.values["diversity"], pool_size=20))
    assert [file.sha256 for file in fixed.files] == [file.sha256 for file in made.files]


def test_steady_gradient_settles_at_the_earliest_step():
    rule = GradientSettles(least_steps=30, window=20)

    steps = next(step for step in range(1, 100) if rule.settled(1.0))

    assert steps == 30


def test_falling_gradient_settles_when_its_halves_differ_little():
    rule = GradientSettles(least_steps=20, window=20, smoothing=0.0)

    # Of 1 + 1/n, the mean over ten steps falls by a tenth at last.
    steps = next(step for step in range(1, 1000) if rule.settled(1 + 10 / step))

    halves = [sum(1 + 10 / n for n in range(steps - 20 * (2 - i) // 2 + 1, steps - 10 * (1 - i) + 1)) for i in range(2)]
    assert halves[0] / halves[1] <= 1.1
    earlier = [sum(1 + 10 / n for n in range(steps - 20 * (2 - i) // 2, steps - 10 * (1 - i))) for i in range(2)]
    assert earlier[0] / earlier[1] > 1.1


def test_early_stop_ends_an_optimization_before_its_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settled = GradientSettles(least_steps=3, window=2, ratio=1e9)
    monkeypatch.setattr("experiments.methods.feature_visualization.ascent.GradientSettles", lambda: settled)

    made = new_workshop(tmp_path / "store").obtain(recipe(steps=12, early_stop=True, batch=1))

    assert made.values["steps"] == 3
