"""Power by simulation against closed forms, against statsmodels, and against another simulation with scipy's test."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit
from statsmodels.stats.power import TTestIndPower, TTestPower

from experiments.contract.errors import InputError
from experiments.contract.power import MOST_ANSWERS, Power, simulate_power
from experiments.methods.statistics.intervals import wilson_interval

pytestmark = pytest.mark.unit
SIMULATIONS = 2000
STUDY: dict[str, Any] = {
    "accuracies": {"natural": 0.7, "synthetic": 0.65},
    "participants_per_condition": 30,
    "trials": 20,
    "units": 40,
    "participant_sd": 0.0,
    "unit_sd": 0.0,
    "seed": 1,
    "simulations": SIMULATIONS,
}


def near(power: float) -> Any:
    """Within 4 standard deviations of a share of SIMULATIONS, and 1 % for what an approximate formula leaves out."""
    return pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / SIMULATIONS) + 0.01)


def simulated(**changes: Any) -> Power:
    return simulate_power(**{**STUDY, **changes})


def compared(**changes: Any) -> float:
    """Power of the comparison of the only two conditions."""
    (comparison,) = simulated(**changes).comparisons
    return comparison.power


@pytest.mark.parametrize("accuracies", [(0.7, 0.65), (0.68, 0.60), (0.85, 0.63), (0.9, 0.88)])
def test_without_random_effects_it_is_the_power_of_a_test_of_two_proportions(accuracies: tuple[float, float]):
    power = compared(accuracies=dict(zip("ab", accuracies, strict=True)), participants_per_condition=50)

    answers = 50 * 20
    error = math.sqrt(sum(p * (1 - p) / answers for p in accuracies))
    shift = (accuracies[0] - accuracies[1]) / error
    critical = stats.norm.ppf(0.975)
    assert power == near(stats.norm.sf(critical - shift) + stats.norm.cdf(-critical - shift))


@pytest.mark.parametrize("participants", [5, 12, 40])
def test_power_agrees_with_statsmodels_for_participants_that_differ_by_chance(participants: int):
    power = compared(participants_per_condition=participants, accuracies={"a": 0.7, "b": 0.6})

    spread = math.sqrt((0.7 * 0.3 + 0.6 * 0.4) / 2 / 20)
    assert power == near(TTestIndPower().power(0.1 / spread, participants, 0.05))


def test_power_against_chance_agrees_with_statsmodels():
    (condition,) = simulated(accuracies={"a": 0.56}, participants_per_condition=20).conditions

    spread = math.sqrt(0.56 * 0.44 / 20)
    assert condition.power == near(TTestPower().power(0.06 / spread, 20, 0.05))


@pytest.mark.parametrize(("participant_sd", "unit_sd"), [(0.0, 0.0), (0.8, 0.0), (0.0, 1.5), (0.6, 1.0)])
@pytest.mark.parametrize("accuracy", [0.5, 0.8])
def test_equal_conditions_are_told_apart_in_one_of_twenty_studies(accuracy: float, participant_sd: float, unit_sd: float):
    effects = {"participant_sd": participant_sd, "unit_sd": unit_sd}

    outcome = simulated(accuracies={"a": accuracy, "b": accuracy}, **effects)

    assert outcome.comparisons[0].power == near(0.05)
    if accuracy == 0.5:
        assert [condition.power for condition in outcome.conditions] == [near(0.05), near(0.05)]


def test_with_random_effects_it_is_what_scipys_test_finds_in_studies_simulated_trial_by_trial():
    effects = {"participant_sd": 0.7, "unit_sd": 1.0}

    power = compared(**effects)

    assert power == near(_power_by_scipy(**effects))


def _power_by_scipy(*, participant_sd: float, unit_sd: float) -> float:
    """The model written down anew: units drawn from the quantiles for each participant, intercepts by Monte Carlo."""
    rng = np.random.default_rng(8)
    ease = unit_sd * stats.norm.ppf((np.arange(40) + 0.5) / 40)
    abilities = participant_sd * rng.standard_normal(20_000)
    right = []
    for accuracy in (0.7, 0.65):
        grid = np.linspace(logit(accuracy) - 1, logit(accuracy) + 1, 41)
        reached = [expit(intercept + abilities[:, None] + ease).mean() for intercept in grid]
        intercept = np.interp(accuracy, reached, grid)
        of_participants = participant_sd * rng.standard_normal((SIMULATIONS, 30, 1))
        units = rng.permuted(np.broadcast_to(ease, (SIMULATIONS, 30, 40)), axis=2)[..., :20]
        right.append((rng.random(units.shape) < expit(intercept + of_participants + units)).mean(axis=2))
    return float(np.mean(stats.ttest_ind(*right, axis=1, equal_var=False).pvalue < 0.05))


def test_differences_between_participants_cost_power():
    assert compared(participant_sd=1.0) < compared(participant_sd=0.5) < compared()


def test_more_participants_and_more_trials_give_more_power_and_narrower_intervals():
    few, many = (simulated(participants_per_condition=count, participant_sd=0.5) for count in (15, 60))

    assert few.comparisons[0].power < many.comparisons[0].power
    assert compared(trials=5) < compared(trials=40)
    for narrow, wide in zip(many.conditions, few.conditions, strict=True):
        assert (narrow.half_width, narrow.unit_half_width) < (wide.half_width, wide.unit_half_width)


def test_half_widths_are_those_of_t_and_wilson_intervals():
    condition = simulated(accuracies={"a": 0.7}).conditions[0]

    # 15 answers a unit.
    widths = [found.high - found.low for found in (wilson_interval(right, trials=15) for right in range(16))]
    expected = sum(stats.binom.pmf(range(16), 15, 0.7) * widths) / 2
    assert condition.half_width == pytest.approx(stats.t.ppf(0.975, 29) * math.sqrt(0.7 * 0.3 / 20 / 30), rel=0.02)
    assert condition.unit_half_width == pytest.approx(expected, rel=0.005)


def test_every_pair_of_conditions_is_compared_in_the_order_given():
    outcome = simulated(accuracies={"synthetic": 0.68, "natural": 0.67, "ohne ★": 0.6}, simulations=10)

    assert [(pair.first, pair.second) for pair in outcome.comparisons] == [
        ("synthetic", "natural"),
        ("synthetic", "ohne ★"),
        ("natural", "ohne ★"),
    ]
    assert [condition.condition for condition in outcome.conditions] == ["synthetic", "natural", "ohne ★"]


def test_one_condition_is_compared_with_chance_alone():
    outcome = simulated(accuracies={"natural": 0.9})

    assert outcome.comparisons == ()
    assert outcome.conditions[0].power == 1.0


def test_the_same_seed_gives_the_same_figures():
    assert simulated(seed=5) == simulated(seed=5)
    assert simulated(seed=5) != simulated(seed=6)


def test_participants_who_are_all_perfect_beat_chance_but_one_trial_of_two_people_shows_nothing():
    perfect = simulated(accuracies={"a": 0.999, "b": 0.999})
    scarce = simulated(accuracies={"a": 0.5}, participants_per_condition=2, trials=1)

    assert [condition.power for condition in perfect.conditions] == [1.0, 1.0]
    assert perfect.comparisons[0].power <= 0.05
    # Both right or both wrong in half of the studies: without spread, but no evidence.
    assert scarce.conditions[0].power == 0.0


def test_few_participants_who_happen_to_agree_are_no_evidence():
    # Three people have the same of seven trials right in one of fourteen studies.
    outcome = simulated(accuracies={"a": 0.5, "b": 0.5}, participants_per_condition=3, trials=7)

    assert max(condition.power for condition in outcome.conditions) < 0.06
    assert outcome.comparisons[0].power < 0.06


@pytest.mark.parametrize("units", [1, 3, 7, 1000])
def test_units_need_not_divide_the_trials(units: int):
    condition = simulated(accuracies={"a": 0.7}, units=units, unit_sd=1.0, simulations=400).conditions[0]

    assert 0 < condition.unit_half_width <= 0.5
    assert condition.power == 1.0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"accuracies": {}}, "accuracies"),
        ({"accuracies": {"a": 1.0}}, "accuracies"),
        ({"accuracies": {"a": 0.0}}, "accuracies"),
        ({"accuracies": {"a": float("nan")}}, "accuracies"),
        ({"accuracies": {"a": "0.7"}}, "accuracies"),
        ({"participants_per_condition": 1}, "participants_per_condition"),
        ({"participants_per_condition": 2.5}, "participants_per_condition"),
        ({"trials": 0}, "trials"),
        ({"units": 0}, "units"),
        ({"participant_sd": -0.1}, "participant_sd"),
        ({"participant_sd": float("inf")}, "participant_sd"),
        ({"unit_sd": float("nan")}, "unit_sd"),
        ({"seed": -1}, "seed"),
        ({"simulations": 0}, "simulations"),
        ({"simulations": True}, "simulations"),
        ({"participants_per_condition": 10_000}, "participants_per_condition"),
        ({"trials": 501}, "trials"),
        ({"participants_per_condition": 2000, "trials": 500}, "simulations"),
    ],
)
def test_assumptions_that_cannot_be_simulated_are_refused(changes: dict[str, Any], field: str):
    with pytest.raises(InputError) as caught:
        simulated(**changes)

    assert caught.value.field == field


def test_the_refusal_of_too_much_work_names_the_limit():
    with pytest.raises(InputError) as caught:
        simulated(simulations=100_000)

    assert str(MOST_ANSWERS) in caught.value.remedy
