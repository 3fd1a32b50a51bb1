"""How tasks share out units, whatever the numbers."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.contract.errors import InputError
from experiments.contract.planning import correct_sides, generator, hands, task_slots

pytestmark = pytest.mark.unit


def units(count: int) -> list[str]:
    return [f"unit {number}" for number in range(count)]


def spread(counts: Counter) -> int:
    return max(counts.values()) - min(counts.values())


@given(count=st.integers(1, 12), share=st.floats(0, 1), seed=st.integers(0, 99), rounds=st.integers(1, 30))
def test_hands_hold_different_items_and_all_items_equally_often(count: int, share: float, seed: int, rounds: int):
    size = round(share * count)

    dealt = list(islice(hands(units(count), size, generator(seed)), rounds))

    assert all(len(set(hand)) == size for hand in dealt)
    shown = Counter(dict.fromkeys(units(count), 0)) + Counter(item for hand in dealt for item in hand)
    assert spread(Counter({item: shown[item] for item in units(count)})) <= 1


@given(count=st.integers(1, 12), trials=st.integers(1, 30), tasks=st.integers(1, 30), seed=st.integers(0, 99))
def test_tasks_ask_about_each_unit_equally_often(count: int, trials: int, tasks: int, seed: int):
    slots = [task_slots(units(count), task=task, count=trials, seed=seed) for task in range(tasks)]

    shown = Counter({unit: sum(slot.unit == unit for task in slots for slot in task) for unit in units(count)})
    assert spread(shown) <= (0 if trials * tasks % count == 0 else 1)
    # Within a task too.
    assert all(spread(Counter({unit: sum(slot.unit == unit for slot in task) for unit in units(count)})) <= 1 for task in slots)
    # The turns of a unit count its appearances without a gap, so that its batches are equally often asked about.
    for unit in units(count):
        assert [slot.turn for task in slots for slot in task if slot.unit == unit] == list(range(shown[unit]))


def test_tasks_of_the_published_scale_ask_about_each_unit_thirty_times():
    slots = [task_slots(units(84), task=task, count=40, seed=42) for task in range(63)]

    assert set(Counter(slot.unit for task in slots for slot in task).values()) == {30}
    assert {len({slot.unit for slot in task}) for task in slots} == {40}
    # Reshuffled: no two tasks have the same forty.
    assert len({frozenset(slot.unit for slot in task) for task in slots}) == 63


def test_tasks_follow_from_the_seed_of_the_study():
    first, again, other = (task_slots(units(9), task=4, count=5, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_tasks_without_units_are_refused():
    with pytest.raises(InputError) as raised:
        task_slots([], task=0, count=1, seed=0)

    assert raised.value.field == "units"


@given(count=st.integers(0, 50), seed=st.integers(0, 99))
def test_sides_are_balanced_where_nobody_is_told_what_was_right(count: int, seed: int):
    sides = correct_sides(("left", "right"), count, generator(seed), feedback=False)

    assert len(sides) == count
    assert abs(sides.count("left") - sides.count("right")) == count % 2


def test_sides_with_feedback_are_fair_tosses_of_which_counting_tells_nothing():
    sessions = [correct_sides(("left", "right"), 40, generator(seed), feedback=True) for seed in range(1000)]

    left = np.array(sessions) == "left"
    behind = left.cumsum(axis=1)[:, :-1] * 2 < np.arange(1, 40)
    assert stats.binomtest(int(left.sum()), left.size).pvalue > 0.001
    assert stats.binomtest(int((left[:, 1:] == behind).sum()), behind.size).pvalue > 0.001
    # The numbers of right sides are as wide as those of tosses: the sessions are not balanced one by one.
    assert stats.chisquare(*observed_and_tossed(left.sum(axis=1), tosses=40)).pvalue > 0.001


def observed_and_tossed(counts: np.ndarray, *, tosses: int) -> tuple[np.ndarray, np.ndarray]:
    """How often counts fall into seven ranges about the middle, and how often a fair coin's would."""
    edges = np.array([-1, 15, 17, 19, 20, 22, 24, tosses])
    expected = np.diff(stats.binom.cdf(edges, tosses, 0.5)) * len(counts)
    return np.histogram(counts, bins=edges + 0.5)[0], expected
