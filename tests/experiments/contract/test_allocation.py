"""Which units an adaptive session asks about."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.contract.allocation import MINIMUM, UnitCount, choose_units, expected_accuracies
from experiments.contract.errors import InputError

pytestmark = pytest.mark.unit
SEEDS = st.integers(0, 2**56 - 1)


@st.composite
def unit_counts(draw: st.DrawFn) -> UnitCount:
    answered = draw(st.integers(0, 60))
    return UnitCount(right=draw(st.integers(0, answered)), answered=answered, pending=draw(st.integers(0, 20)))


COUNTS = st.dictionaries(st.text(min_size=1, max_size=8), unit_counts(), max_size=30)


@given(counts=COUNTS, wanted=st.integers(1, 40), seed=SEEDS)
def test_chosen_units_are_distinct_and_as_many_as_wanted_or_there_are(counts: Mapping[str, UnitCount], wanted: int, seed: int):
    chosen = choose_units(counts, wanted=wanted, seed=seed)

    assert len(chosen) == min(wanted, len(counts))
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(counts)


@given(counts=COUNTS, wanted=st.integers(1, 40), seed=SEEDS)
def test_the_same_counts_and_seed_give_the_same_units_in_whatever_order_they_come(
    counts: Mapping[str, UnitCount], wanted: int, seed: int
):
    turned = dict(reversed(counts.items()))

    assert choose_units(turned, wanted=wanted, seed=seed) == choose_units(counts, wanted=wanted, seed=seed)


@given(counts=COUNTS, wanted=st.integers(1, 40), seed=SEEDS)
def test_no_unit_gets_more_than_the_minimum_while_another_has_less(counts: Mapping[str, UnitCount], wanted: int, seed: int):
    chosen = set(choose_units(counts, wanted=wanted, seed=seed))

    asked = {unit: count.answered + count.pending for unit, count in counts.items()}
    if any(asked[unit] >= MINIMUM for unit in chosen):
        assert all(asked[unit] >= MINIMUM for unit in counts if unit not in chosen)


@given(units=st.integers(1, 20), wanted=st.integers(1, 20), sessions=st.integers(1, 30), seed=SEEDS)
def test_sessions_that_start_before_any_answer_spread_evenly(units: int, wanted: int, sessions: int, seed: int):
    asked: Counter[str] = Counter()

    for session in range(sessions):
        counts = {str(unit): UnitCount(pending=asked[str(unit)]) for unit in range(units)}
        asked.update(choose_units(counts, wanted=wanted, seed=seed + session))

    pending = [asked[str(unit)] for unit in range(units)]
    assert max(pending) - min(pending) <= 1


def test_units_are_drawn_by_chance_while_nothing_is_known():
    counts = {f"unit{i}": UnitCount() for i in range(10)}

    drawn = Counter(unit for seed in range(400) for unit in choose_units(counts, wanted=3, seed=seed))

    # 120 each on average; 4 standard deviations of a binomial with n = 400, p = .3.
    assert all(abs(drawn[unit] - 120) < 4 * (400 * 0.3 * 0.7) ** 0.5 for unit in counts)


def test_the_score_with_the_widest_interval_comes_first():
    counts = {
        "coin": UnitCount(right=15, answered=30),
        "good": UnitCount(right=25, answered=30),
        "perfect": UnitCount(right=30, answered=30),
        "below chance": UnitCount(right=3, answered=30),
        "few answers": UnitCount(right=6, answered=8),
    }

    assert set(choose_units(counts, wanted=2, seed=1)) == {"coin", "few answers"}
    assert choose_units(counts, wanted=1, seed=1) == ["few answers"]


def test_running_sessions_count_as_answers_to_come():
    counts = {"coin": UnitCount(right=15, answered=30, pending=30), "good": UnitCount(right=24, answered=30)}

    assert choose_units(counts, wanted=1, seed=1) == ["good"]


def test_a_lucky_beginning_does_not_pass_for_certainty():
    # Perfect after six answers among units that are right in four of five.
    counts = {f"unit{i}": UnitCount(right=16, answered=20) for i in range(9)} | {"lucky": UnitCount(right=6, answered=6)}

    assert choose_units(counts, wanted=1, seed=1) == ["lucky"]


@pytest.mark.parametrize("right", [0, 20])
def test_units_without_any_spread_are_asked_equally(right: int):
    counts = {f"unit{i}": UnitCount(right=right, answered=20) for i in range(4)} | {"new": UnitCount(right=right, answered=21)}

    assert set(choose_units(counts, wanted=4, seed=3)) == {f"unit{i}" for i in range(4)}


def test_a_group_without_units_gives_none():
    assert choose_units({}, wanted=3, seed=1) == []


def test_scores_of_units_that_differ_by_chance_alone_are_drawn_to_the_common_one():
    rng = np.random.default_rng(4)
    answered = np.full(200, 20.0)
    alike = rng.binomial(20, 0.8, size=200).astype(float)
    different = rng.binomial(20, np.repeat([0.6, 1.0], 100)).astype(float)

    drawn = {name: expected_accuracies(right, answered=answered) for name, right in (("alike", alike), ("different", different))}

    # The spread of binomial scores is .09; of the units that are alike little of it may stay, of the others most does.
    assert drawn["alike"].std() < 0.02
    assert drawn["different"].std() == pytest.approx((different / answered).std(), abs=0.03)


def test_expected_accuracies_are_posterior_means_of_a_beta_binomial():
    # Worked by hand: two units of 10 answers, 9 and 5 right. Common (14 + 1) / (20 + 2) = 15/22; squared deviations
    # ((9 - 150/22)² + (5 - 150/22)²) / 10 over 15/22 · 7/22 = 3.71810; correlation (3.71810 - 2) / 18 = .0954498; prior of
    # 1 / .0954498 - 1 = 9.47667 answers.
    drawn = expected_accuracies(np.array([9.0, 5.0]), answered=np.array([10.0, 10.0]))

    common = 15 / 22
    assert drawn == pytest.approx([(9 + 9.47667 * common) / 19.47667, (5 + 9.47667 * common) / 19.47667], abs=1e-5)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"right": -1}, "right"),
        ({"answered": -1}, "answered"),
        ({"pending": -2}, "pending"),
        ({"right": 3, "answered": 2}, "right"),
        ({"answered": 2.5}, "answered"),
        ({"pending": True}, "pending"),
        ({"answered": float("nan")}, "answered"),
        ({"answered": "3"}, "answered"),
    ],
)
def test_counts_that_cannot_be_are_refused(fields: dict[str, Any], named: str):
    with pytest.raises(InputError) as caught:
        UnitCount(**fields)

    assert caught.value.field == named


@pytest.mark.parametrize(("wanted", "seed", "named"), [(0, 1, "wanted"), (-3, 1, "wanted"), (1.5, 1, "wanted"), (2, -1, "seed")])
def test_sessions_that_cannot_be_are_refused(wanted: Any, seed: int, named: str):
    with pytest.raises(InputError) as caught:
        choose_units({"a": UnitCount()}, wanted=wanted, seed=seed)

    assert caught.value.field == named
