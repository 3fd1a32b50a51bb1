"""The psychometric observer against its own formula, computed apart."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.methods.observers.noisy import Noisy, NoisySettings
from experiments.methods.observers.seen import SeenTrial
from experiments.methods.observers.truth import Truth
from tests.experiments.methods.observers.seen_trials import seen

pytestmark = pytest.mark.unit
ANSWERS = 4000
TOLERANCE = 4 * 0.5 / np.sqrt(ANSWERS)
"""Four standard errors of a proportion at its widest."""
UNIT = {"low": 0.0, "high": 1.0, "least": -2.0, "most": 3.0}
PARTS = {"low": "natural", "high": "natural", "least": "natural", "most": "natural", "drawn": "synthetic"}
TRUTH = Truth(units={"m/l:0": {**UNIT, "drawn": 50.0}}, parts=PARTS)
QUERIES = {"query_upper": "low", "query_lower": "high"}
REFERENCES = {
    "natural": {"left_0": "least", "right_0": "most"},
    "synthetic": {"left_0": "drawn", "right_0": "drawn"},
    "none": {},
    "mixed": {"left_0": "drawn", "right_0": "most"},
}


def accuracy(observer: Noisy, trial: SeenTrial) -> float:
    rng = np.random.default_rng(5)
    return float(np.mean([observer.decide(trial, rng=rng).choice == "lower" for _ in range(ANSWERS)]))


@pytest.mark.parametrize(("references", "noise"), [("natural", 0.5), ("synthetic", 1.5), ("none", 4.0), ("mixed", 1.0)])
def test_noisy_is_right_as_often_as_its_formula_says(references: str, noise: float):
    settings = NoisySettings(lapse=0.1, noise_natural=0.5, noise_synthetic=1.5, noise_none=4.0)
    difference = (UNIT["high"] - UNIT["low"]) / np.std(list(UNIT.values()))

    share = accuracy(Noisy(truth=TRUTH, settings=settings), seen({**QUERIES, **REFERENCES[references]}))

    expected = 0.1 / 2 + 0.9 * stats.norm.cdf(difference / noise)
    assert share == pytest.approx(expected, abs=TOLERANCE)


def test_the_whole_image_of_an_occlusion_is_no_reference():
    observer = Noisy(truth=TRUTH)

    assert observer.noise({"base": "most", "query_left": "low", "query_right": "high"}) == observer.settings.noise_none


def test_without_noise_and_lapses_it_is_ideal_and_with_lapses_only_it_guesses():
    trial = seen({**QUERIES, **REFERENCES["natural"]})
    ideal = NoisySettings(lapse=0.0, noise_natural=0.0)

    assert accuracy(Noisy(truth=TRUTH, settings=ideal), trial) == 1.0
    assert accuracy(Noisy(truth=TRUTH, settings=NoisySettings(lapse=1.0)), trial) == pytest.approx(0.5, abs=TOLERANCE)


def test_queries_that_activate_alike_are_a_coin_toss():
    same = Truth(units={"m/l:0": {"low": 1.0, "high": 1.0}})
    observer = Noisy(truth=same, settings=NoisySettings(lapse=0.0, noise_none=0.0))

    assert accuracy(observer, seen(QUERIES)) == pytest.approx(0.5, abs=TOLERANCE)


def test_an_image_of_another_unit_is_never_chosen_but_by_lapse():
    observer = Noisy(truth=TRUTH, settings=NoisySettings(lapse=0.0))

    assert accuracy(observer, seen({"query_upper": "foreign", "query_lower": "high", "right_0": "most"})) == 1.0


def test_confidence_grows_with_the_evidence():
    observer, rng = Noisy(truth=TRUTH, settings=NoisySettings(lapse=0.0)), np.random.default_rng(3)
    trial = seen({**QUERIES, **REFERENCES["natural"]})

    decisions = [observer.decide(trial, rng=rng) for _ in range(ANSWERS)]

    right = [np.mean([d.choice == "lower" for d in decisions if d.confidence == level]) for level in (1, 2, 3)]
    assert right[0] < right[1] < right[2]


def test_defaults_show_an_effect_of_the_references(tmp_path: Path):
    observer = Noisy(truth=TRUTH)

    shares = [accuracy(observer, seen({**QUERIES, **REFERENCES[name]})) for name in ("natural", "synthetic", "none")]

    assert shares[0] > shares[1] + 0.05 > shares[2] + 0.1
