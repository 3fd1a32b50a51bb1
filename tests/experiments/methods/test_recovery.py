"""Parameter recovery: each interval of the papers covers the truth it speaks of about as often as it says."""

import numpy as np
import pytest
from scipy.special import expit

from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS, over_units
from experiments.methods.recovery import (
    ALL,
    CAUSAL,
    SCALE,
    THESE_PARTICIPANTS,
    THESE_UNITS,
    Population,
    Size,
    coverage,
    simulate,
)
from experiments.methods.statistics.clustered_logit import MODELS

STUDIES = 200
NOMINAL = pytest.approx(0.94, abs=0.04)
"""90 to 98 %."""


@pytest.mark.unit
def test_population_has_the_accuracies_it_was_given():
    population = Population(accuracies={"natural": 0.83, "none": 0.6}, participant_sd=0.5, unit_sd=0.8)

    drawn = np.random.default_rng(0).normal(0, np.hypot(0.5, 0.8), 400_000)

    assert expit(population.logits()[:, None] + drawn).mean(axis=1).tolist() == pytest.approx([0.83, 0.6], abs=0.001)


@pytest.mark.unit
def test_study_asks_every_unit_equally_often_and_no_participant_twice():
    study = simulate(Population(accuracies={"natural": 0.83}), SCALE, seed=1)

    assert set(study.answers["unit"].value_counts()) == {30}
    assert study.answers.groupby("session_id")["unit"].nunique().tolist() == [40] * 63
    assert study.answers.equals(simulate(Population(accuracies={"natural": 0.83}), SCALE, seed=1).answers)


@pytest.mark.unit
def test_truth_of_a_study_is_what_many_answers_come_to():
    population = Population(accuracies={"natural": 0.75})

    of_units = simulate(population, Size(participants=20_000, units=6, trials=6), seed=2)
    of_participants = simulate(population, Size(participants=6, units=20_000, trials=20_000), seed=2)

    for study, target in ((of_units, THESE_UNITS), (of_participants, THESE_PARTICIPANTS)):
        assert study.answers["correct"].mean() == pytest.approx(study.truth[target]["natural"], abs=0.005)


@pytest.mark.integration
def test_published_intervals_cover_what_they_speak_of():
    causal = coverage(Population(accuracies={"synthetic": 0.68, "none": 0.60}), CAUSAL, studies=STUDIES, seed=0)
    scale = coverage(Population(accuracies={"natural": 0.83}), SCALE, studies=STUDIES, seed=0)

    of_causal, of_scale = ({(one.interval, one.target): one.share for one in found} for found in (causal, scale))
    assert of_causal[OVER_PARTICIPANTS.interval, THESE_UNITS] == NOMINAL
    assert of_scale[over_units(0).interval, THESE_PARTICIPANTS] == NOMINAL
    assert {model: of_causal[model, THESE_UNITS] for model in MODELS} == dict.fromkeys(MODELS, NOMINAL)
    # What the docstring warns of: errors over participants say little about other units.
    assert of_causal[OVER_PARTICIPANTS.interval, ALL] < 0.75
