"""Simulated studies, and the figures of docs/decisions/0006-adaptive-allocation.md, measured again on fewer studies."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.contract.allocation import MINIMUM, choose_units
from experiments.methods.allocation_simulation import (
    LONGEST,
    NATURAL,
    SYNTHETIC,
    Comparison,
    Scenario,
    Study,
    compare,
    draw_accuracies,
    least_asked,
    simulate,
)
from tests.experiments.methods.rival_policies import expected_reduction, thompson

pytestmark = pytest.mark.unit
SMALL = Scenario(accuracy=0.8, spread=0.15, units=12, wanted=5, answers=20)
STUDIES = 40


def simulated(scenario: Scenario, *, seed: int = 1, adaptive: bool = True) -> Study:
    rng = np.random.default_rng(seed)
    policy = choose_units if adaptive else least_asked
    return simulate(scenario, accuracies=draw_accuracies(scenario, rng=rng), policy=policy, rng=rng)


@pytest.fixture(scope="module")
def natural() -> Comparison:
    return compare(NATURAL, studies=STUDIES, seed=2)


@pytest.fixture(scope="module")
def synthetic() -> Comparison:
    return compare(SYNTHETIC, studies=STUDIES, seed=2)


@pytest.mark.parametrize("parallel", [1, 7])
def test_every_session_asks_each_unit_once_at_most_and_no_more_units_than_wanted(parallel: int):
    study = simulated(replace(SMALL, parallel=parallel))

    asked = np.diff(study.answered, axis=0, prepend=0)
    assert set(asked.ravel()) == {0, 1}
    assert set(asked.sum(axis=1)) == {SMALL.wanted}
    assert len(asked) == LONGEST * SMALL.sessions
    assert (study.right <= study.answered).all()


def test_adaptive_study_gives_every_unit_the_minimum_first():
    study = simulated(SMALL)

    full = np.flatnonzero((study.answered >= MINIMUM).all(axis=1))[0]
    # The session that completes the minimum may go beyond it with the places that are left.
    assert study.answered[full].max() <= MINIMUM + 1


def test_fixed_study_asks_about_units_equally_often():
    study = simulated(SMALL, adaptive=False)

    assert (study.answered.max(axis=1) - study.answered.min(axis=1) <= 1).all()


def test_adaptive_study_asks_more_about_units_near_chance():
    accuracies = np.array([0.55] * 6 + [0.98] * 6)

    study = simulate(SMALL, accuracies=accuracies, policy=choose_units, rng=np.random.default_rng(5))

    assert study.answered[-1, :6].min() > study.answered[-1, 6:].max()


def test_where_a_session_asks_about_every_unit_nothing_is_saved():
    scenario = replace(SMALL, wanted=12)

    outcome = compare(scenario, studies=20, seed=3)

    assert outcome.adaptive.fewest == outcome.adaptive.most == scenario.answers
    # The two designs ask the same; only chance is left.
    assert outcome.savings["mean"].share == pytest.approx(0, abs=0.1)


def test_participants_of_different_ability_leave_the_mean_accuracy_the_truth():
    scenario = replace(SMALL, participant_sd=1.5, answers=400)

    study = simulated(scenario, adaptive=False)

    assert study.scores[-1] == pytest.approx(study.accuracies, abs=0.1)
    assert np.mean(study.scores[-1] - study.accuracies) == pytest.approx(0, abs=0.02)


def test_the_same_seed_gives_the_same_figures():
    first, again, other = (compare(SMALL, studies=3, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_natural_condition_saves_what_the_decision_says(natural: Comparison):
    shares = {name: saving.share for name, saving in natural.savings.items()}

    assert shares == pytest.approx({"widest": 0.292, "95th percentile": 0.285, "mean": 0.031}, abs=0.04)
    assert natural.savings["widest"].target == pytest.approx(0.168, abs=0.002)


def test_synthetic_condition_saves_what_the_decision_says(synthetic: Comparison):
    shares = {name: saving.share for name, saving in synthetic.savings.items()}

    assert shares == pytest.approx({"widest": 0.1, "95th percentile": 0.08, "mean": 0.01}, abs=0.04)


def test_scores_stay_valid_but_for_the_bias_that_the_decision_admits(natural: Comparison, synthetic: Comparison):
    for outcome, bias in ((natural, 0.0095), (synthetic, 0.0055)):
        for validity in (outcome.fixed, outcome.adaptive, outcome.stopped):
            assert validity.coverage >= 0.94
            assert validity.lowest_coverage >= 0.92
        assert outcome.fixed.bias == pytest.approx(0, abs=0.003)
        assert outcome.adaptive.bias == pytest.approx(bias, abs=0.003)
        assert outcome.stopped.fewest >= 2 * MINIMUM


def test_hard_units_of_the_natural_condition_are_known_better_with_as_many_answers(natural: Comparison):
    assert natural.adaptive.hardest_error < 0.95 * natural.fixed.hardest_error
    assert natural.adaptive.error < 1.03 * natural.fixed.error


@pytest.mark.parametrize("rival", [thompson, expected_reduction])
def test_rival_policies_save_less(rival, natural: Comparison):
    outcome = compare(NATURAL, studies=STUDIES, seed=2, policy=rival)

    assert outcome.savings["widest"].share < natural.savings["widest"].share
